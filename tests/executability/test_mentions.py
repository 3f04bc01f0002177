"""Typed mentions: what a text states, with place, kind and value; the clock stands at 2026-01-13 (a Tuesday)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentalign_env.executability.mentions import Mention, NameTable, extract

NOW_S = 1_768_303_200
NAMES = {
    "mia keller": "PersonName",
    "mia": "PersonName",
    "will": "PersonName",
    "may": "PersonName",
    "o'brien": "PersonName",
    "osteria verde": "ShopName",
    "sven-erik näslund": "PersonName",
    "web-1": "MachineName",
    "marlow & finch": "ShopName",
}
EVM = "0x7e57a1b2c3d4e5f60718293a4b5c6d7e8f901234"
BITCOIN = "bc1qdemoc8gcqe0w3azav4vj9zfg96gfdyt80czn5l"
SOLANA = "zDemoNZ7p7S9u1puM4AnJfxL8CsWj1FtibHfPfUqcxfS"
MONERO = "4zDemo" + "7Hs2Vq7Wn5Rt9Xp3Yc6Zb1Fd8Jf2Lg4Mh" * 2 + "7Hs2Vq7Wn5Rt9Xp3Yc6Zb"
HASH = "4787d991feb7f5331cf929ad57b64a67703db889e8a9f49183de70b2bb97d0f2"


def found(text: str, names: dict[str, str] | None = None) -> list[tuple[str, Any]]:
    return [(mention.kind, mention.value) for mention in extract(text, now_s=NOW_S, names=names)]


def eur(amount: float) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


def money(amount: float, currency: str) -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


def coins(amount: float, token: str) -> dict[str, Any]:
    return {"amount": amount, "token": token}


# Each text holds one mention: its kind, how it is written, and its value.
ONE: list[tuple[str, str, str, Any]] = [
    ('say "hello there" to them', "Quoted", '"hello there"', "hello there"),
    ("say “hello there” to them", "Quoted", "“hello there”", "hello there"),
    ("say «bonjour» to them", "Quoted", "«bonjour»", "bonjour"),
    ("say „guten Tag“ to them", "Quoted", "„guten Tag“", "guten Tag"),
    ("say \u2018it\u2019s fine\u2019 to them", "Quoted", "\u2018it\u2019s fine\u2019", "it\u2019s fine"),
    ("say 'don't go' to them", "Quoted", "'don't go'", "don't go"),
    ('save "a\nb" there', "Quoted", '"a\nb"', "a\nb"),
    ('call it "tomorrow"', "Quoted", '"tomorrow"', "tomorrow"),
    ('call it "40 euros"', "Quoted", '"40 euros"', "40 euros"),
    ('read "see https://x.example/a"', "Quoted", '"see https://x.example/a"', "see https://x.example/a"),
    ("run `ls -la /tmp` now", "Command", "`ls -la /tmp`", "ls -la /tmp"),
    ("run ```bash\nls\npwd\n``` now", "Command", "```bash\nls\npwd\n```", "ls\npwd"),
    ('run `echo "hi"` now', "Command", '`echo "hi"`', 'echo "hi"'),
    ("write to mia.keller@postbox.example, please", "EmailAddress", "mia.keller@postbox.example", None),
    ("write to <mia@postbox.example>.", "EmailAddress", "mia@postbox.example", None),
    ("write to mailto:mia@postbox.example", "EmailAddress", "mailto:mia@postbox.example", "mia@postbox.example"),
    ("use mia@postbox.example's inbox", "EmailAddress", "mia@postbox.example", None),
    ("write to mia.keller@postbox", "EmailAddress", "mia.keller@postbox", None),
    ('write to "mia@postbox.example"', "EmailAddress", '"mia@postbox.example"', "mia@postbox.example"),
    ("open https://x.example/a?b=c.", "Url", "https://x.example/a?b=c", None),
    ("open (http://x.example/a(b)),", "Url", "http://x.example/a(b)", None),
    ("open www.x.example now", "Url", "www.x.example", "https://www.x.example"),
    ("open x.example/guide!", "Url", "x.example/guide", "https://x.example/guide"),
    ("open http://localhost:8080/a", "Url", "http://localhost:8080/a", None),
    ('open "https://x.example/a"', "Url", '"https://x.example/a"', "https://x.example/a"),
    ("clone git@git.fernhub.example:choir/schedule.git", "Url", "git@git.fernhub.example:choir/schedule.git", None),
    ("clone git.fernhub.example/choir/schedule", "Url", "git.fernhub.example/choir/schedule",
     "https://git.fernhub.example/choir/schedule"),
    ("ping db.internal.example.", "Hostname", "db.internal.example", None),
    ("ping 192.0.2.4, then stop", "Hostname", "192.0.2.4", None),
    ("ping 2001:db8::1", "Hostname", "2001:db8::1", None),
    ("ping localhost", "Hostname", "localhost", None),
    ("look up example.com.", "Hostname", "example.com", None),
    ("message @mia_keller.", "Handle", "@mia_keller", None),
    ("message (@mia.k), the cook", "Handle", "@mia.k", None),
    ("show @mia_keller's profile", "Handle", "@mia_keller", None),
    ("message Selena Agullo (selenaagullo)", "Handle", "selenaagullo", None),
    ("message Beatriz Águila (beatriz_174)", "Handle", "beatriz_174", None),
    ("text +1 212 555 0142 now", "PhoneNumber", "+1 212 555 0142", "+12125550142"),
    ("text (+12125550142).", "PhoneNumber", "+12125550142", "+12125550142"),
    ("text +12125550142 please", "PhoneNumber", "+12125550142", "+12125550142"),
    ("text +44 20 7946 0958", "PhoneNumber", "+44 20 7946 0958", "+442079460958"),
    ("text 0049 30 5550142", "PhoneNumber", "0049 30 5550142", "+49305550142"),
    ("text (212) 555-0142", "PhoneNumber", "(212) 555-0142", "+12125550142"),
    ("text 212-555-0142", "PhoneNumber", "212-555-0142", "+12125550142"),
    ("text 212.555.0142", "PhoneNumber", "212.555.0142", "+12125550142"),
    ("text 555-0142", "PhoneNumber", "555-0142", "5550142"),
    ("call 2125550142", "PhoneNumber", "2125550142", "+12125550142"),
    ("read /var/log/app/server.log.", "FilePath", "/var/log/app/server.log", None),
    ("list ~/code/fresh-clone", "FilePath", "~/code/fresh-clone", None),
    ("run ./build.sh", "FilePath", "./build.sh", None),
    ("move it to ../archive", "FilePath", "../archive", None),
    ("read hiring/advert-reception.md", "FilePath", "hiring/advert-reception.md", None),
    ("list src/app/main", "FilePath", "src/app/main", None),
    ("list docs/ now", "FilePath", "docs/", None),
    ("attach report.pdf, please", "FilePath", "report.pdf", None),
    ("read notes.txt?", "FilePath", "notes.txt", None),
    ("read .env", "FilePath", ".env", None),
    ("delete *.log", "FilePath", "*.log", None),
    ("list the files in /", "FilePath", "/", "/"),
    (r"read C:\notes\a.txt", "FilePath", r"C:\notes\a.txt", None),
    ('read "report.pdf"', "FilePath", '"report.pdf"', "report.pdf"),
    ('read "/home/mia/my notes.txt"', "FilePath", '"/home/mia/my notes.txt"', "/home/mia/my notes.txt"),
    ("pay 40 euros", "Amount", "40 euros", eur(40.0)),
    ("pay €40", "Amount", "€40", eur(40.0)),
    ("pay € 40", "Amount", "€ 40", eur(40.0)),
    ("pay 40 EUR", "Amount", "40 EUR", eur(40.0)),
    ("pay 40 eur", "Amount", "40 eur", eur(40.0)),
    ("pay EUR 40.", "Amount", "EUR 40", eur(40.0)),
    ("pay EUR40", "Amount", "EUR40", eur(40.0)),
    ("pay 40€", "Amount", "40€", eur(40.0)),
    ("pay 40EUR", "Amount", "40EUR", eur(40.0)),
    ("pay 12,50 €", "Amount", "12,50 €", eur(12.5)),
    ("pay 1.250,00 €", "Amount", "1.250,00 €", eur(1250.0)),
    ("pay 1,250.00 USD", "Amount", "1,250.00 USD", money(1250.0, "USD")),
    ("pay 1,250 USD", "Amount", "1,250 USD", money(1250.0, "USD")),
    ("pay $12.50", "Amount", "$12.50", money(12.5, "USD")),
    ("pay US$ 15", "Amount", "US$ 15", money(15.0, "USD")),
    ("pay $40 CAD", "Amount", "$40 CAD", money(40.0, "CAD")),
    ("pay HK$40", "Amount", "HK$40", money(40.0, "HKD")),
    ("pay 12 dollars and 50 cents", "Amount", "12 dollars and 50 cents", money(12.5, "USD")),
    ("pay 50 cents", "Amount", "50 cents", money(0.5, "USD")),
    ("pay 25 CNY", "Amount", "25 CNY", money(25.0, "CNY")),
    ("pay 30 yuan", "Amount", "30 yuan", money(30.0, "CNY")),
    ("pay 30 RMB", "Amount", "30 RMB", money(30.0, "CNY")),
    ("pay ¥300", "Amount", "¥300", money(300.0, "CNY")),
    ("pay ¥300 JPY", "Amount", "¥300 JPY", money(300.0, "JPY")),
    ("pay 300 yen", "Amount", "300 yen", money(300.0, "JPY")),
    ("pay 15 quid", "Amount", "15 quid", money(15.0, "GBP")),
    ("pay 15 pounds", "Amount", "15 pounds", money(15.0, "GBP")),
    ("pay £15", "Amount", "£15", money(15.0, "GBP")),
    ("pay 100 Swiss francs", "Amount", "100 Swiss francs", money(100.0, "CHF")),
    ("pay 100 Hong Kong dollars", "Amount", "100 Hong Kong dollars", money(100.0, "HKD")),
    ("pay forty euros", "Amount", "forty euros", eur(40.0)),
    ("pay one hundred and twenty euros", "Amount", "one hundred and twenty euros", eur(120.0)),
    ("pay a hundred euros", "Amount", "a hundred euros", eur(100.0)),
    ("pay one euro", "Amount", "one euro", eur(1.0)),
    ("pay 2k euros", "Amount", "2k euros", eur(2000.0)),
    ("pay 1.5 million dollars", "Amount", "1.5 million dollars", money(1_500_000.0, "USD")),
    ("pay -40 EUR", "Amount", "-40 EUR", eur(-40.0)),
    ("pay 0 EUR", "Amount", "0 EUR", eur(0.0)),
    ("send 0.05 BTC", "CoinAmount", "0.05 BTC", coins(0.05, "BTC")),
    ("send 0.015 btc", "CoinAmount", "0.015 btc", coins(0.015, "BTC")),
    ("send 2 ether", "CoinAmount", "2 ether", coins(2.0, "ETH")),
    ("send 300 USDT", "CoinAmount", "300 USDT", coins(300.0, "USDT")),
    ("send 1.5 monero", "CoinAmount", "1.5 monero", coins(1.5, "XMR")),
    ("send 10 SOL", "CoinAmount", "10 SOL", coins(10.0, "SOL")),
    ("send 12 FERN", "CoinAmount", "12 FERN", coins(12.0, "FERN")),
    ("send half a bitcoin", "CoinAmount", "half a bitcoin", coins(0.5, "BTC")),
    ("send 100 satoshis", "CoinAmount", "100 satoshis", coins(1e-6, "BTC")),
    ("swap to EXUSD", "TokenSymbol", "EXUSD", "EXUSD"),
    ("convert it to USD", "CurrencyCode", "USD", "USD"),
    ("show it in euros", "CurrencyCode", "euros", "EUR"),
    ("order 3 pizzas", "Number", "3", 3),
    ("order three pizzas", "Number", "three", 3),
    ("order twenty-one pizzas", "Number", "twenty-one", 21),
    ("order one margherita", "Number", "one", 1),
    ("order a dozen eggs", "Number", "a dozen", 12),
    ("order two dozen eggs", "Number", "two dozen", 24),
    ("order half a dozen eggs", "Number", "half a dozen", 6),
    ("order a couple of beers", "Number", "a couple of", 2),
    ("order 3x margherita", "Number", "3x", 3),
    ("order two of them", "Number", "two", 2),
    ("order it twice", "Number", "twice", 2),
    ("use 500g of it", "Number", "500", 500),
    ("print 1,250 pages", "Number", "1,250", 1250),
    ("stake 7500000 lamports", "Number", "7500000", 7_500_000),
    ("take 5 pounds of flour", "Number", "5", 5),
    ("make 2 bitcoin wallets", "Number", "2", 2),
    ("set it to 0.5", "Number", "0.5", 0.5),
    ("give 10%", "Percent", "10%", 10),
    ("give 12.5 per cent", "Percent", "12.5 per cent", 12.5),
    ("give ten percent", "Percent", "ten percent", 10),
    ("do it today", "Date", "today", "2026-01-13"),
    ("do it tomorrow", "Date", "tomorrow", "2026-01-14"),
    ("what came yesterday", "Date", "yesterday", "2026-01-12"),
    ("do it the day after tomorrow", "Date", "the day after tomorrow", "2026-01-15"),
    ("do it on Tuesday", "Date", "Tuesday", "2026-01-20"),
    ("do it next Friday", "Date", "next Friday", "2026-01-16"),
    ("do it this Friday", "Date", "this Friday", "2026-01-16"),
    ("what came last Monday", "Date", "last Monday", "2026-01-12"),
    ("what came last Tuesday", "Date", "last Tuesday", "2026-01-06"),
    ("do it on 3 March", "Date", "3 March", "2026-03-03"),
    ("do it on the 3rd of March", "Date", "the 3rd of March", "2026-03-03"),
    ("do it on March 3rd", "Date", "March 3rd", "2026-03-03"),
    ("do it on Aug 15, 2027", "Date", "Aug 15, 2027", "2027-08-15"),
    ("do it on Friday, 3 April 2026", "Date", "Friday, 3 April 2026", "2026-04-03"),
    ("what came on 20 December", "Date", "20 December", "2025-12-20"),
    ("do it on 2026-03-01", "Date", "2026-03-01", "2026-03-01"),
    ("do it on 01.03.2026.", "Date", "01.03.2026", "2026-03-01"),
    ("do it on 3/4/2026", "Date", "3/4/2026", "2026-03-04"),
    ("do it on 30/4/2026", "Date", "30/4/2026", "2026-04-30"),
    ("do it on 2026-02-30", "Date", "2026-02-30", "2026-02-30"),
    ("do it on 31.02.2026", "Date", "31.02.2026", "31.02.2026"),
    ("do it in two weeks", "Date", "in two weeks", "2026-01-27"),
    ("do it in a month", "Date", "in a month", "2026-02-13"),
    ("what came three days ago", "Date", "three days ago", "2026-01-10"),
    ("do it 2 days from now", "Date", "2 days from now", "2026-01-15"),
    ("do it on the 30th.", "Date", "the 30th", "2026-01-30"),
    ("do it this evening", "Date", "this evening", "2026-01-13"),
    ("at 18:45, please", "Time", "18:45", "18:45"),
    ("at 6 pm", "Time", "6 pm", "18:00"),
    ("at 6:30pm", "Time", "6:30pm", "18:30"),
    ("at 12 am", "Time", "12 am", "00:00"),
    ("at half past six", "Time", "half past six", "06:30"),
    ("at a quarter to seven", "Time", "a quarter to seven", "06:45"),
    ("at ten past six in the evening", "Time", "ten past six in the evening", "18:10"),
    ("at six o'clock", "Time", "six o'clock", "06:00"),
    ("at noon", "Time", "noon", "12:00"),
    ("at midnight", "Time", "midnight", "00:00"),
    ("at 7 in the evening", "Time", "7 in the evening", "19:00"),
    ("come at six.", "Time", "six", "06:00"),
    ("at 25:70", "Time", "25:70", "25:70"),
    ("tomorrow at 18:45", "DateTime", "tomorrow at 18:45", "2026-01-14T18:45:00Z"),
    ("at 19:30 today", "DateTime", "19:30 today", "2026-01-13T19:30:00Z"),
    ("tonight at 7", "DateTime", "tonight at 7", "2026-01-13T19:00:00Z"),
    ("noon tomorrow", "DateTime", "noon tomorrow", "2026-01-14T12:00:00Z"),
    ("on 3 March at 6 pm", "DateTime", "3 March at 6 pm", "2026-03-03T18:00:00Z"),
    ("at 2026-03-17T18:30:00Z", "DateTime", "2026-03-17T18:30:00Z", "2026-03-17T18:30:00Z"),
    ("wait 20 minutes", "Duration", "20 minutes", 1200),
    ("wait two hours", "Duration", "two hours", 7200),
    ("wait two and a half hours", "Duration", "two and a half hours", 9000),
    ("wait an hour and a half", "Duration", "an hour and a half", 5400),
    ("wait half an hour", "Duration", "half an hour", 1800),
    ("wait 1 hour 20 minutes", "Duration", "1 hour 20 minutes", 4800),
    ("wait 2h30m", "Duration", "2h30m", 9000),
    ("wait 30s", "Duration", "30s", 30),
    ("a 90-minute film", "Duration", "90-minute", 5400),
    ("the last 7 days", "Duration", "7 days", 604_800),
    (f"send it to {BITCOIN}.", "BitcoinAddress", BITCOIN, None),
    (f"send it to {EVM}", "EvmAddress", EVM, None),
    (f"send it to {SOLANA},", "SolanaAddress", SOLANA, None),
    (f"send it to {MONERO}", "MoneroAddress", MONERO, None),
    (f"look up {HASH}", "TransactionHash", HASH, None),
    (f"look up 0x{HASH}", "TransactionHash", f"0x{HASH}", None),
    ("deploy 0x600a600c600039600a6000f3", "Bytecode", "0x600a600c600039600a6000f3", None),
    ("post it with #camping", "HashTag", "#camping", None),
    ("write to [recipient email]", "Placeholder", "[recipient email]", "recipient email"),
    ("pay <amount> now", "Placeholder", "<amount>", "amount"),
    ("dear {name},", "Placeholder", "{name}", "name"),
    ("dear {{first_name}},", "Placeholder", "{{first_name}}", "first name"),
    ("pay XXX now", "Placeholder", "XXX", "XXX"),
    ("the date is TBD.", "Placeholder", "TBD", "TBD"),
    ("write to ____", "Placeholder", "____", "____"),
    ('write to "[name]"', "Placeholder", '"[name]"', "name"),
    ("deliver to 85 Rowan Street, Castellane Bay.", "PostalAddress", "85 Rowan Street, Castellane Bay", None),
    ("deliver to 12 Beacon Hill Road", "PostalAddress", "12 Beacon Hill Road", None),
    ("deliver to 7 Fern Hill, Norwick", "PostalAddress", "7 Fern Hill, Norwick", None),
    ("deliver to 12b Abbot Row, Norwick", "PostalAddress", "12b Abbot Row, Norwick", None),
    ("deliver to 85 rowan street", "PostalAddress", "85 rowan street", None),
    ("deliver to Lindenstraße 12, 10115 Eschental", "PostalAddress", "Lindenstraße 12, 10115 Eschental", None),
    ("deliver to 12 rue de Rivoli, Lindholm", "PostalAddress", "12 rue de Rivoli, Lindholm", None),
    ("make a 9:16 image", "Ratio", "9:16", "9:16"),
    ("make a video in 16:9", "Ratio", "16:9", "16:9"),
    ("install 2.31.0", "Version", "2.31.0", None),
    ("pull alpine:3.20", "Identifier", "alpine:3.20", None),
    ("install requests==2.31.0", "Identifier", "requests==2.31.0", None),
]  # fmt: skip

IDS = [
    "PAYID-3X9ABC", "pi_3RtWqBKe4vPcx8abcdefghijk", "BV1ZoFX2nDg8", "2023-1187-A", "114-4540714-0796777",
    "PO-211-58549320278779128", "B0XAA2UUFN", "1227779699661463761", "ea7589b238162a72", "fp-9B9KN4J5",
    "d-49ff875ba793",
    "MSG-77ab", "st-ded182cc28", "RMA-26ffd03eca", "wlt_2wr2Hf2OzIFO", "SM9b7df71e84281c581d72756fa1049f43",
    "SAVET33T6B", "c148022386856966592", "5O1915PXZCZUJX3GH", "4200002182077271235136134962", "INV-1042",
    "875b93af555d5b042565f4a5786e129b9252cd85", "875b93a", "sd-1db194eef9791565330a940e", "-1008502448881",
    "img-Alvb3ZQnYmfwiJLdRmi1PPqx", "123456",
]  # fmt: skip

NOTHING = [
    "do this: 1. Look. 2. Read it.\n3) Write.",
    "", " ", "send it off", "don't and can't, it's the boys' turn", 'an unclosed "quotation', "a lone ` mark",
    "and/or, his/her, GET/POST, n/a", "open 24/7", "the 3rd result", "on the 3rd floor", "that one and this one",
    "one of them", "python3, sha256, utf-8, covid-19, mp3 and 4k", "the top-10 list", "node.js, e.g. that",
    "a bitcoin wallet", "what is in March 2026", "a day out", "[x] and [1] and <br>", "Will you do it? May I?",
    "We won. TRY it ALL", "done.Then go", "a fiver", "the 90s", "just a second mail",
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "written", "value"), ONE, ids=[case[0] for case in ONE])
def test_a_value_is_found_with_its_place_kind_and_meaning(text: str, kind: str, written: str, value: Any) -> None:
    start = text.index(written)
    expected = Mention(kind, start, start + len(written), written, written if value is None else value)
    assert extract(text, now_s=NOW_S) == (expected,)


@pytest.mark.parametrize("text", IDS)
def test_what_looks_issued_is_an_identifier(text: str) -> None:
    assert found(f"look up {text}, please") == [("Identifier", text)]
    assert found(f'look up "{text}"') == [("Identifier", text)]


@pytest.mark.parametrize("text", NOTHING)
def test_ordinary_words_are_no_values(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ask mia keller", [("PersonName", "mia keller")]),
        ("ask Mia Keller's brother", [("PersonName", "mia keller")]),
        ("ask Mia\n  Keller", [("PersonName", "mia keller")]),
        ("use Mia's phone", [("PersonName", "mia")]),
        ("mia is a name in lower case", []),
        ("Miasma and Amia", []),
        ("ask O\u2019Brien's shop", [("PersonName", "o'brien")]),
        ("go to OSTERIA VERDE", [("ShopName", "osteria verde")]),
        ("ask Marlow & Finch.", [("ShopName", "marlow & finch")]),
        ("write to Sven-Erik Näslund", [("PersonName", "sven-erik näslund")]),
        ("log in to web-1", [("MachineName", "web-1")]),
        ("Will you pay?", []),
        ("Will the shop open?", []),
        ("Hi, will you ask Will?", [("PersonName", "will")]),
        ("Will's order came.", [("PersonName", "will")]),
        ("in May", []),
        ("ask May about it", [("PersonName", "may")]),
        ('ask "Mia Keller"', [("PersonName", "mia keller")]),
        ('say "I saw Mia Keller"', [("Quoted", "I saw Mia Keller")]),
    ],
)
def test_known_names_are_found_at_word_boundaries(text: str, expected: list[tuple[str, Any]]) -> None:
    assert found(text, NAMES) == expected
    assert found(text, NameTable(NAMES)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("between 20-30 EUR", [("Number", 20), ("Amount", eur(30.0))]),
        ("1344 x 896 pixels", [("Number", 1344), ("Number", 896)]),
        ("at 1024x1024", [("Number", 1024), ("Number", 1024)]),
        ("ping 192.0.2.4:8080", [("Hostname", "192.0.2.4"), ("Number", 8080)]),
        ("ping localhost:3000", [("Hostname", "localhost"), ("Number", 3000)]),
        (
            "copy to deploy@web-1.host.example:/var/www",
            [("EmailAddress", "deploy@web-1.host.example"), ("FilePath", "/var/www")],
        ),
        (
            'Send 40 euros to mia@x.example for "the cake", tomorrow at 6 pm.',
            [
                ("Amount", eur(40.0)),
                ("EmailAddress", "mia@x.example"),
                ("Quoted", "the cake"),
                ("DateTime", "2026-01-14T18:00:00Z"),
            ],
        ),
    ],
)
def test_several_values_stand_in_the_order_of_the_text(text: str, expected: list[tuple[str, Any]]) -> None:
    assert found(text) == expected


def test_days_are_counted_from_the_time_that_is_given() -> None:
    assert [mention.value for mention in extract("today and tomorrow", now_s=0)] == ["1970-01-01", "1970-01-02"]


PIECES = st.sampled_from(
    [case[2] for case in ONE] + IDS + ['"', "'", "`", "“", "”", "(", ")", "[", "<", " ", "\n", "\0", ", ", "a",
    "one ", "1",
     "@", ".", "/", "0x", "\ud800", "\u202e", "İ", "²", "٣", " at ", " and ", "-"]
)  # fmt: skip


@given(st.one_of(st.text(st.characters()), st.lists(PIECES, max_size=12).map("".join)))
@settings(max_examples=400, deadline=None)
def test_mentions_agree_with_any_text_are_in_order_and_do_not_overlap(text: str) -> None:
    mentions = extract(text, now_s=NOW_S, names=NAMES)
    assert all(text[mention.start : mention.end] == mention.text != "" for mention in mentions)
    ends = [0, *(mention.end for mention in mentions)]
    assert all(end <= mention.start for end, mention in zip(ends, mentions, strict=False))
    assert mentions == extract(text, now_s=NOW_S, names=NameTable(NAMES))


@pytest.mark.parametrize(
    "unit",
    ["a@", "0", '"', "(((", "`", " 'a", "\u2018a", "[a", "<", "{", "+1", "1.", "1,", "a.b.", "a/", "/", "0x",
    "a:1", "://", "_",
     "Aa ", "1 Aa ", "hundred ", "half a", "May", "\ud800", "\0", " ", "\n", "a1", "http://", "@a", "-", "X",
     "one ", "日"],
)  # fmt: skip
def test_long_hostile_text_is_read_to_its_end(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    mentions = extract(text, now_s=NOW_S, names=NAMES)
    assert all(text[mention.start : mention.end] == mention.text for mention in mentions)
    assert found("pay 40 euros") == [("Amount", eur(40.0))]
