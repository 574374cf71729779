"""Papers for tests, benchmarks and looking at: the common case and the ones that break layouts."""

import base64
import io
from dataclasses import replace

from PIL import Image, ImageDraw

from core.barcodes import itf_svg, qr_svg, svg_uri
from invoices.paper import Paper, PaperLine, PaperPart, PaperParty, PaperPix, PaperRow, PaperSlip
from invoices.payables import CROSSED_OUT

LONG_WORD = "Desenvolvimentoesustentação" * 9
LONG_TEXT = "Implantação, parametrização e acompanhamento assistido do módulo fiscal em três filiais. " * 5


def logo() -> str:
    image = Image.new("RGBA", (480, 160), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((10, 10, 150, 150), fill="#15803d")
    draw.rounded_rectangle((180, 50, 470, 110), 20, fill="#14532d")
    out = io.BytesIO()
    image.save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


ISSUER = PaperParty(
    name="Studio Verde",
    legal_name="Studio Verde Tecnologia Ltda",
    tax_id="CNPJ 12.ABC.345/01DE-35",
    lines=(
        "Rua das Flores, 100 · São Paulo/SP · 01000-000",
        "financeiro@studioverde.example · (11) 4000-0000",
    ),
)
PAYER = PaperParty(
    name="Padaria Pão Quente",
    tax_id="CNPJ 11.222.333/0001-81",
    lines=("Av. Brasil, 2000", "Curitiba/PR · 80000-000", "contas@paoquente.example"),
)


ACCOUNT = (
    ("Banco", "001 · Banco do Brasil"),
    ("Agência e conta", "1234-5 · 67890-1"),
    ("Favorecido", ISSUER.legal_name),
)
SERVICES = (
    PaperLine(
        "Plano Pro — novembro/2026",
        "01/11 a 30/11/2026",
        "1",
        "",
        "R$\u00a0249,00",
        "",
        "",
        "R$\u00a0249,00",
    ),
    PaperLine("Consultoria (hora)", "Migração de dados", "4", "", "R$\u00a0180,00", "", "", "R$\u00a0720,00"),
    PaperLine("Suporte 24x7", "", "1", "", "R$\u00a0480,00", "", "", "R$\u00a0480,00"),
)
SCHEDULE = (
    PaperPart("Entrada", "06/12/2026", "R$\u00a0400,00"),
    PaperPart("2ª parcela", "06/01/2027", "R$\u00a0500,00"),
    PaperPart("3ª parcela", "06/02/2027", "R$\u00a0500,00"),
)


def lines(count: int) -> tuple[PaperLine, ...]:
    """Whole cents, so that the amounts of a sample are believable without any arithmetic of ours."""
    return tuple(
        PaperLine(
            name=f"Atendimento nº {n:03d} — Ação",
            detail="Migração de dados" if n % 3 == 0 else "",
            quantity="2",
            unit_price=f"R$\u00a0{100 + n},00",
            total=f"R$\u00a0{200 + 2 * n},00",
        )
        for n in range(1, count + 1)
    )


def common() -> Paper:
    """Three lines, one page: what most customers get."""
    return Paper(
        language="pt-br",
        title="Fatura",
        number="F-2026-0061",
        mark="",
        status="Em aberto",
        status_tone="info",
        issuer=ISSUER,
        payer=PAYER,
        dates=(("Emissão", "21/11/2026"), ("Vencimento", "06/12/2026"), ("Período", "01/11 a 30/11/2026")),
        amount_label="Valor a pagar",
        amount="R$\u00a01.400,00",
        amount_note="até 06/12/2026",
        lines=SERVICES,
        totals=(
            PaperRow("Subtotal", "R$\u00a01.449,00"),
            PaperRow("Desconto até 06/12", "−\u00a0R$\u00a049,00"),
            PaperRow("Total", "R$\u00a01.400,00", weight="strong"),
        ),
        account=ACCOUNT,
        link="https://faturas.studioverde.example/i/9kQ2x",
        terms_html="<p>Após o vencimento: multa de 2% e juros de 1% ao mês. Dúvidas? Responda ao e-mail.</p>",
        footer="Studio Verde Tecnologia Ltda · CNPJ 12.ABC.345/01DE-35",
    )


def single() -> Paper:
    return replace(
        common(),
        lines=lines(1),
        totals=(PaperRow("Total", "R$\u00a0202,00", weight="strong"),),
        account=(),
        link="",
    )


def full() -> Paper:
    """Everything the page can show, in three lines."""
    row = PaperLine(
        "Consultoria",
        "Migração de dados\nFase 2 de 3",
        "4,5",
        "h",
        "R$\u00a0180,00",
        "−\u00a010%",
        "ISS 5%",
        "R$\u00a0729,00",
    )
    return replace(
        common(),
        logo=logo(),
        accent="#15803d",
        description="Referente ao contrato 2026/118, ordem 4500012345.\nServiços prestados em novembro.",
        lines=(
            row,
            replace(row, name="Suporte 24x7", detail="", unit="mês"),
            replace(row, name="Licenças", unit="un", taxes="ISS 5% · PIS 0,65%"),
        ),
        totals=(
            PaperRow("Subtotal", "R$\u00a02.430,00"),
            PaperRow("Descontos", "−\u00a0R$\u00a0243,00"),
            PaperRow("ISS 5%", "R$\u00a0109,35"),
            PaperRow("Total", "R$\u00a02.296,35", weight="strong"),
            PaperRow("Pago em 25/11/2026", "−\u00a0R$\u00a0896,35"),
            PaperRow("Saldo a pagar", "R$\u00a01.400,00", weight="strong"),
        ),
        schedule=SCHEDULE,
        terms_html="<p>Pagamento em <b>três parcelas</b>.<br>Após o vencimento:</p>"
        "<ul><li>multa de 2%</li><li>juros de 1% ao mês</li></ul>",
        attachments=(
            ("Relatório de horas.pdf", ""),
            ("Contrato 2026-118", "https://faturas.studioverde.example/a/77"),
        ),
    )


def many(count: int) -> Paper:
    return replace(common(), lines=lines(count))


def english() -> Paper:
    return replace(
        common(),
        language="en",
        title="Invoice",
        status="Open",
        dates=(("Issued", "Nov 21, 2026"), ("Due", "Dec 6, 2026")),
        amount_label="Amount due",
        amount="$1,400.00",
        amount_note="by Dec 6, 2026",
        lines=(
            PaperLine(
                "Pro plan — November 2026", "Nov 1 to Nov 30", "1", "", "$1,400.00", "", "", "$1,400.00"
            ),
        ),
        totals=(PaperRow("Total", "$1,400.00", weight="strong"),),
        account=(("Bank", "First Example Bank"), ("Routing no.", "000 000 000")),
        terms_html="<p>Net 15. Questions? Reply to the e-mail of this invoice.</p>",
    )


def yen() -> Paper:
    return replace(
        english(),
        payer=PaperParty("株式会社サンプル", "Sample K.K.", "T1234567890123", ("東京都千代田区丸の内1-1-1",)),
        amount="¥1,234,567,890",
        lines=(
            PaperLine(
                "保守サービス (Maintenance)",
                "2026年11月",
                "1,000",
                "",
                "¥1,234,567.8900",
                "",
                "",
                "¥1,234,567,890",
            ),
        ),
        totals=(PaperRow("Total", "¥1,234,567,890", weight="strong"),),
    )


PIX_CODE = (
    "00020126440014br.gov.bcb.pix0122contas@padaria.example52040000530398654071400.005802BR5912Studio Verde"
    "6009Sao Paulo62280524a1b2c3d4e5f60718293a4b5c630488DF"
)
BARCODE = "23791138700001400001234090000000000100678900"


def payable() -> Paper:
    """A Pix code, a boleto and the rules behind the amount."""
    slip = PaperSlip(
        bank="Bradesco",
        bank_code="237-2",
        line="23791.23405 90000.000001 01006.789000 1 13870000140000",
        barcode=svg_uri(itf_svg(BARCODE)),
        crossed_out="",
        beneficiary="Studio Verde Tecnologia Ltda · CNPJ 12.ABC.345/01DE-35",
        beneficiary_address="Rua das Flores, 100, São Paulo/SP · 01000-000",
        payer="Padaria Pão Quente · CNPJ 11.222.333/0001-81",
        payer_address="Av. Brasil, 2000, Curitiba/PR · 80000-000",
        place="1234 / 67890",
        wallet="09",
        our_number="09/00000000001-1",
        document="F-2026-0061",
        issued="21/11/2026",
        due="06/12/2026",
        amount="R$\u00a01.400,00",
        rules=("Depois do vencimento: multa de 2\u00a0% e juros de 1\u00a0% ao mês.",),
    )
    pix = PaperPix(PIX_CODE, svg_uri(qr_svg(PIX_CODE)), "R$\u00a01.400,00")
    return replace(common(), rules=slip.rules, pix=pix, slip=slip)


def sample_slip() -> Paper:
    """A boleto that nobody is to pay."""
    paper = payable()
    assert paper.slip
    return replace(
        paper, pix=None, slip=replace(paper.slip, bank="", bank_code="000-0", crossed_out=CROSSED_OUT)
    )


def long_slip() -> Paper:
    """Names that fit no slip."""
    paper = payable()
    assert paper.slip
    wide = replace(
        paper.slip,
        beneficiary=LONG_TEXT,
        beneficiary_address=LONG_WORD,
        payer=LONG_WORD,
        payer_address=LONG_TEXT,
        document="SERIE-MUITO-LONGA-2026-000000000061-000000000061-000000000061",
        amount="R$\u00a099.999.999,99",
        rules=(LONG_TEXT, LONG_WORD),
    )
    return replace(long_words(), pix=paper.pix, slip=wide)


def draft() -> Paper:
    return replace(common(), number="", mark="draft", status="Rascunho", status_tone="neutral", link="")


def void() -> Paper:
    return replace(common(), mark="void", status="Cancelada", status_tone="bad", account=(), link="")


def paid() -> Paper:
    return replace(
        common(),
        mark="paid",
        status="Paga",
        status_tone="good",
        amount_label="Pago",
        amount_note="em 01/12/2026",
        account=(),
    )


def long_words() -> Paper:
    """Names, addresses and amounts that fit nowhere."""
    party = PaperParty(
        LONG_WORD[:120], LONG_TEXT[:160], "CNPJ 12.ABC.345/01DE-35", (LONG_TEXT[:200], LONG_WORD[:90])
    )
    money = "R$\u00a01.234.567.890.123,45"
    row = PaperLine(
        LONG_WORD, LONG_TEXT, "12.345,6789", "unidades", money, money, "ISS 5% · PIS 0,65% · COFINS 3%", money
    )
    return replace(
        common(),
        number="SERIE-MUITO-LONGA-2026-000000000061",
        issuer=party,
        payer=party,
        lines=(row, replace(row, name="Curto", detail="")),
        amount=money,
        totals=(
            PaperRow("Retenções na fonte conforme a legislação municipal", money),
            PaperRow("Total", money, weight="strong"),
        ),
        link="https://faturas.studioverde.example/i/" + "x" * 150,
        footer=LONG_TEXT[:180],
        attachments=((LONG_WORD[:100] + ".pdf", ""),),
    )


SAMPLES = {
    "common": common,
    "single": single,
    "full": full,
    "english": english,
    "yen": yen,
    "payable": payable,
    "sample_slip": sample_slip,
    "long_slip": long_slip,
    "draft": draft,
    "void": void,
    "paid": paid,
    "long_words": long_words,
}
