"""Who is in the demo: two businesses, their staff and their customers. All made up, at reserved domains."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from businesses.roles import Role
from businesses.terms import Interest, Terms, Tier
from core.addresses import Address
from core.management.commands._demo_taxids import cnpj, cpf
from core.taxids import TaxIdKind
from customers.models import CustomerKind


@dataclass(frozen=True)
class Person:
    username: str
    first_name: str
    last_name: str
    role: Role
    language: str = "pt-br"


@dataclass(frozen=True)
class Client:
    name: str
    tax_id_kind: TaxIdKind
    tax_id: str
    mailbox: str
    address: Address
    legal_name: str = ""
    phone: str = ""
    language: str = "pt-br"
    more: tuple[tuple[str, Any], ...] = ()

    def fields(self) -> dict[str, Any]:
        is_person = self.tax_id_kind == TaxIdKind.CPF
        return {
            "kind": CustomerKind.PERSON if is_person else CustomerKind.COMPANY,
            "name": self.name,
            "legal_name": self.legal_name,
            "tax_id_kind": self.tax_id_kind,
            "tax_id": self.tax_id,
            "email": self.mailbox,
            "phone": self.phone,
            "language": self.language,
            **dict(self.more),
        }


STAFF = (
    Person("demo-biller", "Bruno", "Tavares", Role.BILLER),
    Person("demo-finance", "Fernanda", "Brandão", Role.FINANCE),
    Person("demo-viewer", "Vera", "Antunes", Role.VIEWER, "en"),
)

VERDE: dict[str, Any] = {
    "slug": "estudio-verde",
    "legal_name": "Estúdio Verde Design e Tecnologia Ltda",
    "trade_name": "Estúdio Verde",
    "tax_id_kind": TaxIdKind.CNPJ,
    "tax_id": cnpj("12ABC3450001"),
    "email": "financeiro@estudioverde.example",
    "phone": "+551155550123",
    "website": "https://estudioverde.example",
    "accent": "#15803d",
    "street": "Rua das Laranjeiras",
    "number": "214",
    "complement": "sala 31",
    "district": "Vila Madalena",
    "city": "São Paulo",
    "region": "SP",
    "postal_code": "05435-040",
    "payment_terms": Terms(
        tiers=(Tier(5, percent=Decimal(3)),),
        fine_percent=Decimal(2),
        interest=Interest.PERCENT_MONTH,
        interest_percent=Decimal(1),
        tolerance=5,
    ).as_dict(),
    "terms": "<p>Após o vencimento: multa de 2 % e juros de 1 % ao mês. Dúvidas? Responda ao e-mail desta fatura.</p>",
}
VERDE_ACCOUNTS: tuple[dict[str, Any], ...] = (
    {
        "name": "Conta principal",
        "bank": "Banco Exemplo S.A. (999)",
        "branch": "0001",
        "number": "123456-7",
        "pix_key": VERDE["tax_id"],
        "is_default": True,
    },
    {"name": "Só Pix", "pix_key": "pix@estudioverde.example"},
)

OAK: dict[str, Any] = {
    "slug": "oak-harbour",
    "legal_name": "Oak & Harbour, Unipessoal Lda",
    "trade_name": "Oak & Harbour",
    "tax_id_kind": TaxIdKind.FOREIGN,
    "tax_id": "PT509980821",
    "email": "accounts@oakharbour.example",
    "phone": "+351225550142",
    "website": "https://oakharbour.example",
    "accent": "#1d4ed8",
    "currency": "EUR",
    "time_zone": "Europe/Lisbon",
    "language": "en",
    "number_pattern": "OH-{yy}{seq:04}",
    "due_days": 30,
    "street": "Rua do Almada",
    "number": "87",
    "complement": "2º Esq.",
    "city": "Porto",
    "postal_code": "4050-036",
    "country": "PT",
    "terms": "<p>Payment within 30 days, please. Late payments bear interest at the statutory rate.</p>",
}
OAK_ACCOUNTS: tuple[dict[str, Any], ...] = (
    {
        "name": "Main account",
        "bank": "Banco Exemplo, Porto",
        "iban": "PT50000201231234567890154",
        "is_default": True,
    },
)


def _br(street: str, number: str, district: str, city: str, region: str, postal_code: str) -> Address:
    return Address(street, number, "", district, city, region, postal_code, "BR")


def _eu(street: str, number: str, city: str, postal_code: str, country: str) -> Address:
    return Address(street=street, number=number, city=city, postal_code=postal_code, country=country)


CPF, CNPJ, FOREIGN = TaxIdKind.CPF, TaxIdKind.CNPJ, TaxIdKind.FOREIGN

VERDE_CLIENTS = (
    Client(
        "Padaria Pão Quente",
        CNPJ,
        cnpj("112223330001"),
        "contas@paoquente.example",
        _br("Av. Sete de Setembro", "2000", "Centro", "Curitiba", "PR", "80060-070"),
        "Pão Quente Panificação Ltda ME",
        "+554155550110",
        more=(("code", "PAO"),),
    ),
    Client(
        "Clínica São Lucas",
        CNPJ,
        cnpj("458821070001"),
        "financeiro@saolucas.example",
        _br("Rua Marquês do Herval", "455", "Moinhos de Vento", "Porto Alegre", "RS", "90570-140"),
        "Clínica Médica São Lucas S/S",
        "+555155550177",
        more=(("more_emails", ["diretoria@saolucas.example", "nfe@saolucas.example"]),),
    ),
    Client(
        "Agropecuária Três Irmãos",
        CNPJ,
        cnpj("7KT9P4X20001"),
        "compras@tresirmaos.example",
        _br("Rodovia BR-163, km 702", "s/n", "Zona Rural", "Sorriso", "MT", "78890-000"),
        "Agropecuária Três Irmãos Comércio de Insumos Ltda",
    ),
    Client(
        "Construtora Horizonte",
        CNPJ,
        cnpj("330557810002"),
        "pagamentos@horizonte.example",
        _br("Av. Afonso Pena", "1500", "Funcionários", "Belo Horizonte", "MG", "30130-005"),
        "Horizonte Engenharia e Construções S.A.",
        "+553155550133",
        more=(("external_id", "ERP-004410"),),
    ),
    Client(
        "Livraria Maré Alta",
        CNPJ,
        cnpj("B4R7M9Q10001"),
        "livros@marealta.example",
        _br("Rua do Bom Jesus", "118", "Recife Antigo", "Recife", "PE", "50030-170"),
        "Maré Alta Livros e Cafés Ltda",
    ),
    Client(
        "Transportadora Andorinha do Norte",
        CNPJ,
        cnpj("614402190001"),
        "frota@andorinha.example",
        _br("Av. Torquato Tapajós", "7100", "Colônia Terra Nova", "Manaus", "AM", "69093-415"),
        "Andorinha do Norte Transportes e Logística Ltda",
    ),
    Client(
        "Escola Girassol",
        CNPJ,
        cnpj("208871560001"),
        "secretaria@girassol.example",
        _br("Rua Bocaiúva", "2090", "Centro", "Florianópolis", "SC", "88015-530"),
        "Associação Educacional Girassol",
    ),
    Client(
        "Instituto de Pesquisa, Inovação e Desenvolvimento Sustentável da Região Metropolitana do Vale do Paraíba",
        CNPJ,
        cnpj("Z9Y8X7W60001"),
        "protocolo.administrativo@instituto-vale.example",
        _br(
            "Avenida Doutor Nélson d'Ávila",
            "1837",
            "Jardim São Dimas",
            "São José dos Campos",
            "SP",
            "12245-030",
        ),
        "Instituto de Pesquisa, Inovação e Desenvolvimento Sustentável da Região Metropolitana do Vale do Paraíba "
        "e Litoral Norte – Organização da Sociedade Civil de Interesse Público",
    ),
    Client(
        "Ana Beatriz Conceição",
        CPF,
        cpf("071201889"),
        "ana.conceicao@example.com",
        _br("Rua Oscar Freire", "900", "Jardins", "São Paulo", "SP", "01426-003"),
        phone="+5511955550101",
    ),
    Client(
        "João Guimarães d’Ávila",
        CPF,
        cpf("390533447"),
        "joao.davila@example.com",
        _br("Rua Chile", "22", "Centro Histórico", "Salvador", "BA", "40020-000"),
    ),
    Client(
        "Márcia Yumi Takahashi",
        CPF,
        cpf("218640975"),
        "marcia.takahashi@example.com",
        _br("Rua Galvão Bueno", "351", "Liberdade", "São Paulo", "SP", "01506-000"),
    ),
    Client(
        "Riverside Coffee Roasters LLC",
        FOREIGN,
        "US881234567",
        "ap@riverside-coffee.example",
        Address("Market Street", "548", "Suite 200", "", "San Francisco", "CA", "94104", "US"),
        language="en",
    ),
)

OAK_CLIENTS = (
    Client(
        "Quinta do Açor",
        FOREIGN,
        "PT514320370",
        "geral@quintadoacor.example",
        _eu("Estrada Nacional 2", "41", "Góis", "3330-324", "PT"),
        "Quinta do Açor – Turismo Rural, Lda",
    ),
    Client(
        "Van der Meer Scheepswerf",
        FOREIGN,
        "NL000245612B01",
        "crediteuren@vandermeer.example",
        _eu("Maasboulevard", "100", "Rotterdam", "3011 TH", "NL"),
        "Van der Meer Scheepswerf B.V.",
        language="en",
    ),
    Client(
        "Müller & Söhne",
        FOREIGN,
        "DE287550061",
        "rechnung@mueller-soehne.example",
        _eu("Große Elbstraße", "12", "Hamburg", "22767", "DE"),
        "Müller & Söhne Möbelwerkstätten GmbH",
        language="en",
    ),
    Client(
        "Atelier Éléonore Lefèvre",
        FOREIGN,
        "FR44732829320",
        "compta@atelier-lefevre.example",
        _eu("Rue de la République", "7 bis", "Lyon", "69002", "FR"),
        language="en",
    ),
    Client(
        "Bodegas Peñalba",
        FOREIGN,
        "ESB83740209",
        "facturas@penalba.example",
        _eu("Calle Mayor", "33", "Aranda de Duero", "09400", "ES"),
        "Bodegas Peñalba S.L.",
        language="en",
    ),
    Client(
        "Ní Dhomhnaill Architects",
        FOREIGN,
        "IE6433405T",
        "office@nidhomhnaill.example",
        _eu("Merchants Quay", "18", "Cork", "T12 XY00", "IE"),
        language="en",
    ),
    Client(
        "Sjöberg Segel AB",
        FOREIGN,
        "SE556700123401",
        "ekonomi@sjoberg-segel.example",
        _eu("Hamngatan", "5", "Göteborg", "411 14", "SE"),
        language="en",
    ),
    Client(
        "Caffè Vittoria",
        FOREIGN,
        "IT00743030157",
        "amministrazione@caffevittoria.example",
        _eu("Via Garibaldi", "64", "Genova", "16124", "IT"),
        "Caffè Vittoria S.r.l.",
        language="en",
    ),
)
