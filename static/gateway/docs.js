// Shows an API's document. No validator: it would send the address of every reader to somebody else.
SwaggerUIBundle({
  url: document.getElementById("pages").dataset.description,
  dom_id: "#pages",
  validatorUrl: null,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  presets: [SwaggerUIBundle.presets.apis],
});
