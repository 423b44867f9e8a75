# ruff: noqa: E501 - mails are written as they are
"""Incoming mails of every kind, built anew each time: what real mailboxes hold, and what breaks mail gateways.

No test in here. `build_corpus(people)` returns the mails with what has to become of each; `prepare_gateway(env)` makes the
addresses and leads they speak of. Works on an Odoo without this addon too, so that both can be measured.

Longer than others: it is a list of mails.
"""

import hashlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from quopri import encodestring

DOMAIN = "firm.example.com"
INFO, SALES, LABOUR = f"info@{DOMAIN}", f"ventas@{DOMAIN}", f"laboral@{DOMAIN}"
DATE = "Mon, 02 Mar 2026 10:00:00 +0100"
PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\r\ntrailer<<>>\x00\xff\n%%EOF"


@dataclass
class CorpusMail:
    """A mail and what has to become of it.

    `becomes` is `record` (a new lead), `reply`, `auto_reply`, `bounce`, `report`, `quarantine` or `copy` (nothing new).
    `says` are fields of the lead (or `remarks`: text of it, `files`: name -> bytes) that are checked exactly.
    """

    name: str
    raw: bytes
    becomes: str = "record"
    says: dict = field(default_factory=dict)


def compose(headers, body=b"", **changes):
    """Return a mail of these headers (None: leave it out) and this body, as written, nothing encoded."""
    lines = []
    for name, value in (headers | changes).items():
        if value is None:
            continue
        for one in value if isinstance(value, list) else [value]:
            one = one if isinstance(one, bytes) else one.encode("utf-8", "surrogateescape")
            lines.append(name.replace("_", "-").encode() + b": " + one)
    body = body if isinstance(body, bytes) else body.encode("utf-8", "surrogateescape")
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def part(content, content_type="text/plain; charset=utf-8", encoding="base64", **headers):
    """Return one part of a multipart mail."""
    content = content if isinstance(content, bytes) else content.encode()
    wrapped = b64encode(content) if encoding == "base64" else encodestring(content) if encoding == "quoted-printable" else content
    if encoding == "base64":
        wrapped = b"\r\n".join(wrapped[i : i + 76] for i in range(0, len(wrapped), 76))
    return compose({"Content-Type": content_type, "Content-Transfer-Encoding": encoding} | headers, wrapped)


def multipart(parts, kind="mixed", boundary="==b1=="):
    """Return `(content type, body)` of a multipart."""
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + one + b"\r\n" for one in parts)
    return f'multipart/{kind}; boundary="{boundary}"', body + b"--" + boundary.encode() + b"--\r\n"


class Corpus:
    def __init__(self, people):
        self.people = people
        self.mails = []
        self.number = 0

    def headers(self, name, **changes):
        self.number += 1
        base = {
            "Return-Path": f"<ana{self.number}@client.example.com>",
            "Delivered-To": None,
            "Received": f"from mx.client.example.com by mx.{DOMAIN}; {DATE}",
            "From": f"Ana Ruiz <ana{self.number}@client.example.com>",
            "To": INFO,
            "Subject": f"Consulta {name}",
            "Date": DATE,
            "Message-ID": f"<m{self.number}.{hashlib.sha256(name.encode()).hexdigest()[:10]}@client.example.com>",
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=utf-8",
        }
        return base | {key.replace("_", "-"): value for key, value in changes.items()}

    def add(self, name, body=None, becomes="record", says=None, **headers):
        body = f"Necesito ayuda: {name}." if body is None else body
        raw = compose(self.headers(name, **headers), body)
        self.mails.append(CorpusMail(name, raw, becomes, says or {}))
        return raw

    def add_parts(self, name, parts, kind="mixed", **more):
        content_type, body = multipart(parts, kind)
        return self.add(name, body, Content_Type=content_type, **more)

    # === FAMILIES === #

    def charsets(self):
        text = "Señor Núñez: ¿cuánto cuesta la declaración? Año 2026."
        for label, codec in (
            ("utf-8", "utf-8"), ("UTF8", "utf-8"), ("utf8mb4", "utf-8"), ("iso-8859-1", "latin-1"), ("ISO-8859-15", "iso-8859-15"),
            ("windows-1252", "cp1252"), ("ansi", "cp1252"), ("cp-850", "cp850"), ("cp850", "cp850"), ("ibm437", "cp437"),
            ("macintosh", "mac_roman"), ("x-mac-roman", "mac_roman"), ("unknown-8bit", "utf-8"), ("x-unknown", "utf-8"),
            ("default", "cp1252"), ("us-ascii", "utf-8"), ("utf-7", "utf-7"), ("unicode-1-1-utf-7", "utf-7"), ("utf-16", "utf-16"),
            ('"utf-8"', "utf-8"), ("'iso-8859-1'", "latin-1"), ("iso-latin-1", "latin-1"), ("binary", "utf-8"), ("8bit", "latin-1"),
            ("charset=utf-8", "utf-8"), ("klingon", "cp1252"), ("rot13", "utf-8"), ("idna", "utf-8"), ("hex", "utf-8"), ("", "utf-8"),
        ):  # fmt: skip
            self.add(
                f"charset {label}",
                b64encode(text.encode(codec)),
                says={"remarks": text},
                Content_Type=f"text/plain; charset={label}",
                Content_Transfer_Encoding="base64",
            )
        for label, codec, other in (
            ("iso-8859-8-i", "iso-8859-8", "שלום"), ("iso-8859-6-i", "iso-8859-6", "سلام"), ("gb2312", "gb18030", "您好税务"),
            ("ks_c_5601-1987", "cp949", "안녕하세요"), ("shift_jis", "shift_jis", "税金の相談"), ("koi8-r", "koi8-r", "Налоги"),
            ("big5", "big5", "稅務諮詢"), ("iso-2022-jp", "iso-2022-jp", "税金"),
        ):  # fmt: skip
            self.add(
                f"charset {label}",
                b64encode(other.encode(codec)),
                says={"remarks": other},
                Content_Type=f"text/plain; charset={label}",
                Content_Transfer_Encoding="base64",
            )
        self.add(
            "raw latin-1 without label", "Año nuevo".encode("latin-1"), Content_Type="text/plain", says={"remarks": "Año nuevo"}
        )
        self.add("wrong label", "Año nuevo".encode("latin-1"), says={"remarks": "Año nuevo"})
        self.add("byte order mark", b"\xef\xbb\xbf" + "Año".encode(), says={"remarks": "Año"})
        self.add("nul bytes", b"Hola\x00, soy\x00 Ana", says={"remarks": "Hola, soy Ana"})
        self.add("control characters", b"Hola\x01\x02\x0b Ana\x1b[31m", says={"remarks": "Hola Ana[31m"})
        self.add(
            "lone surrogate",
            b64encode("Hola \ud83d Ana".encode("utf-8", "surrogatepass")),
            Content_Transfer_Encoding="base64",
        )
        self.add("emoji and right to left", "Hola 👩🏽‍⚖️ שלום مرحبا", says={"remarks": "Hola 👩🏽‍⚖️ שלום مرحبا"})

    def encodings(self):
        self.add(
            "quoted-printable",
            encodestring("Año: 100 % más".encode()),
            says={"remarks": "Año: 100 % más"},
            Content_Transfer_Encoding="quoted-printable",
        )
        self.add("broken quoted-printable", b"100=% m=C3=A1s =ZZ=", Content_Transfer_Encoding="quoted-printable")
        self.add("base64 cut off", b64encode(b"Hola Ana, esto es largo")[:-3], Content_Transfer_Encoding="base64")
        self.add("base64 with noise", b"SG9s\r\n!!!YSBBbmE=", says={"remarks": "Hola Ana"}, Content_Transfer_Encoding="base64")
        self.add("unknown transfer encoding", "Hola", Content_Transfer_Encoding="x-klingon", says={"remarks": "Hola"})
        self.add("two transfer encodings", "Hola", Content_Transfer_Encoding=["8bit", "8bit"], says={"remarks": "Hola"})
        self.add("uuencode", b"begin 644 a.txt\r\n$2&]L80``\r\n`\r\nend\r\n", Content_Transfer_Encoding="x-uuencode")
        self.add("no content type", "Hola", Content_Type=None, says={"remarks": "Hola"})
        self.add("nonsense content type", "Hola", Content_Type="text", says={"remarks": "Hola"})
        self.add("content type of stars", "Hola", Content_Type="*/*")
        self.add(
            "content type broken parameter",
            "Hola",
            Content_Type='text/plain; charset="utf-8; format=flowed',
            says={"remarks": "Hola"},
        )
        self.add(
            "content type rfc2231 charset", "Hola", Content_Type="text/plain; charset*=utf-8''utf-8", says={"remarks": "Hola"}
        )
        self.add("content type with comment", "Hola", Content_Type="text/plain (hi); charset=utf-8", says={"remarks": "Hola"})
        self.add("bare line feeds", "uno\ndos\ntres", says={"remarks": "uno\ndos\ntres"})
        self.add("bare carriage returns", "uno\rdos\rtres")
        self.mails.append(CorpusMail("line feeds everywhere", compose(self.headers("lf"), "Hola").replace(b"\r\n", b"\n")))
        self.mails.append(
            CorpusMail(
                "mailbox separator first", b"From ana@x Mon Mar  2 10:00:00 2026\n" + compose(self.headers("mbox"), "Hola")
            )
        )
        self.mails.append(CorpusMail("byte order mark before headers", b"\xef\xbb\xbf" + compose(self.headers("bom"), "Hola")))
        self.mails.append(CorpusMail("blank lines before headers", b"\r\n\r\n" + compose(self.headers("blank"), "Hola")))
        self.mails.append(
            CorpusMail("nul in headers", compose(self.headers("nulhead"), "Hola").replace(b"Subject: ", b"Subject: A\x00"))
        )

    def html(self):
        html = "text/html; charset=utf-8"
        self.add(
            "html only",
            "<html><body><p>Hola, soy <b>Ana</b></p></body></html>",
            Content_Type=html,
            says={"remarks": "Hola, soy Ana"},
        )
        self.add(
            "html script",
            "<p>Hola</p><script>alert(1)</script><img src=x onerror=alert(1)>",
            Content_Type=html,
            says={"remarks": "Hola"},
        )
        self.add(
            "html with encoding declaration",
            '<?xml version="1.0" encoding="utf-8"?><html><body>Hola</body></html>',
            Content_Type=html,
        )
        self.add("html comment only", "<!-- nada -->", Content_Type=html)
        self.add("html empty", "", Content_Type=html)
        self.add("html blank", "<div><br></div>", Content_Type=html)
        self.add("html unclosed", "<div><table><tr><td>Hola <b>Ana", Content_Type=html, says={"remarks": "Hola Ana"})
        self.add("html open brackets", "<p>Hola</p>" + "<a " * 20_000, Content_Type=html)
        self.add("html office tags", "<o:p>&nbsp;</o:p><p class=MsoNormal>Hola<o:p></o:p></p>" + "<o:" * 5_000, Content_Type=html)
        self.add(
            "html 2,000 deep", "<div>" * 2000 + "Hola Ana" + "</div>" * 2000, Content_Type=html, says={"remarks": "Hola Ana"}
        )
        self.add(
            "html data picture",
            f'<p>Hola</p><img src="data:image/png;base64,{b64encode(PNG * 6000).decode()}">',
            Content_Type=html,
        )
        quoted = '<p>Respondo aquí</p><div class="gmail_quote">El lun, 2 mar 2026, Despacho escribió:<blockquote>texto viejo</blockquote></div>'
        self.add("html gmail quote", quoted, Content_Type=html, says={"remarks": "Respondo aquí"})
        # Quadratic time in the cleaning of quotes: some 400 KB each
        self.add(
            "html long quoted block",
            "<p>Lo primero</p><div><div class='gmail_extra'>x</div>" + "<p>texto citado de hace tiempo</p>" * 12_000 + "</div>",
            Content_Type=html,
        )
        self.add(
            "html long yahoo",
            "<p>Lo primero</p>" + "<p class='yahoo_quoted'>texto citado de hace tiempo</p>" * 6_000,
            Content_Type=html,
        )
        self.add(
            "html long outlook",
            "<p>Lo primero</p><hr><div id='divRplyFwdMsg'>De: x</div><div>" + "<p class=MsoNormal>texto</p>" * 12_000 + "</div>",
            Content_Type=html,
        )
        self.add(
            "text long quoted",
            "Lo primero\n" + "> texto citado de hace tiempo, con palabras\n" * 10_000,
            says={"remarks": "Lo primero"},
        )
        self.add("text long alternating", "hola\n> texto citado\n" * 25_000)
        self.add("text one long line", "a" * 600_000)
        self.add_parts(
            "alternative", [part("Texto llano"), part("<p>Texto <b>bonito</b></p>", "text/html; charset=utf-8")], "alternative",
            says={"remarks": "Texto bonito"},
        )  # fmt: skip
        self.add_parts(
            "alternative with empty html",
            [part("Texto llano"), part("<p></p>", "text/html; charset=utf-8")],
            "alternative",
            says={"remarks": "Texto llano"},
        )
        related = multipart(
            [
                part('<p>Logo <img src="cid:l1"></p>', "text/html; charset=utf-8"),
                part(PNG, "image/png", Content_ID="<l1>", Content_Disposition='inline; filename="l.png"'),
            ],
            "related",
            "==r==",
        )
        self.add("related picture", related[1], Content_Type=related[0], says={"remarks": "Logo", "files": {"l.png": PNG}})
        self.add("signature", "Necesito un presupuesto\n\n-- \nAna Ruiz\nDirectora", says={"remarks": "Necesito un presupuesto"})
        self.add("phone signature", "Llámenme por favor\n\nEnviado desde mi iPhone", says={"remarks": "Llámenme por favor"})
        self.add(
            "forwarded",
            "FYI\n\n---------- Forwarded message ---------\nDe: Luis\nTexto reenviado",
            Subject="RV: nómina",
            says={"name": "RV: nómina"},
        )

    def files(self):
        def with_file(name, data, content_type, says_name=None, **headers):
            self.add_parts(
                f"file {name}",
                [part("Adjunto"), part(data, content_type, **headers)],
                says={"remarks": "Adjunto", "files": {says_name: data}} if says_name else None,
            )

        def named(value):
            return {"Content-Disposition": f"attachment; filename={value}"}

        with_file("pdf", PDF, "application/pdf", "a.pdf", **named('"a.pdf"'))
        with_file("latin-1 csv", "Año;1\r\n".encode("latin-1"), "text/csv; charset=utf-8", "a.csv", **named('"a.csv"'))
        with_file("utf-16 text", "Año".encode("utf-16"), "text/plain; charset=utf-16", "a.txt", **named('"a.txt"'))
        with_file("text with wrong charset", b"\xff\xfe\x00\x01", "text/plain; charset=klingon", "k.txt", **named("k.txt"))
        with_file("html file", b"<script>alert(1)</script>", "text/html", "p.html", **named("p.html"))
        with_file(
            "encoded word name", PDF, "application/pdf", "Año nómina.pdf", **named('"=?utf-8?q?A=C3=B1o_n=C3=B3mina.pdf?="')
        )
        with_file(
            "rfc2231 name",
            PDF,
            "application/pdf",
            "Año.pdf",
            **{"Content-Disposition": "attachment; filename*=utf-8''A%C3%B1o.pdf"},
        )
        with_file("raw utf-8 name", PDF, "application/pdf", "Año.pdf", **named('"Año.pdf"'))
        with_file("name with line break", PDF, "application/pdf", "a b.pdf", **named('"=?utf-8?q?a=0D=0Ab.pdf?="'))
        with_file("name with nul", PDF, "application/pdf", "ab.pdf", **named('"=?utf-8?q?a=00b.pdf?="'))
        with_file("name with path", PDF, "application/pdf", "passwd.pdf", **named('"../../etc/passwd.pdf"'))
        with_file("name with drive", PDF, "application/pdf", "a.pdf", **named(r'"C:\\docs\\a.pdf"'))
        with_file(
            "turned name",
            PDF,
            "application/pdf",
            "fdp.exe",
            **named('"=?utf-8?b?' + b64encode("\u202efdp.exe".encode()).decode() + '?="'),
        )
        with_file("overlong name", PDF, "application/pdf", None, **named('"' + "n" * 5000 + '.pdf"'))
        with_file("no name", PDF, "application/pdf", "attachment.pdf", **{"Content-Disposition": "attachment"})
        with_file("unknown type", PDF, "binary/octet-stream", "x.bin", **named("x.bin"))
        with_file("starred type", PDF, "*/*", "x.bin", **named("x.bin"))
        with_file(
            "winmail", b"\x78\x9f\x3e\x22" + bytes(range(256)) * 4, "application/ms-tnef", "winmail.dat", **named("winmail.dat")
        )
        with_file("zip bomb name", b"PK\x03\x04" + b"\0" * 100, "application/zip", "a.zip", **named("a.zip"))
        large = hashlib.shake_128(b"scan").digest(25 * 1024 * 1024)
        with_file("of 25 MB", large, "application/pdf", "scan.pdf", **named("scan.pdf"))
        self.add_parts(
            "same name twice",
            [
                part("Adjuntos"),
                part(b"uno", "application/pdf", **named("a.pdf")),
                part(b"dos", "application/pdf", **named("a.pdf")),
            ],
        )
        self.add_parts(
            "25 scans", [part("Escaneos")] + [part(PDF + b"%d" % n, "application/pdf", **named(f"s{n}.pdf")) for n in range(25)]
        )
        invite = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Reunion\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        self.add_parts(
            "invitation",
            [part("Reunión"), part(invite, "text/calendar; charset=utf-8; method=REQUEST")],
            "alternative",
            says={"files": {"invite.ics": invite}},
        )
        self.add(
            "invitation alone",
            invite,
            Content_Type="text/calendar; method=REQUEST; charset=utf-8",
            says={"files": {"invite.ics": invite}},
        )
        self.add(
            "pdf alone",
            b64encode(PDF),
            Content_Type="application/pdf; name=a.pdf",
            Content_Transfer_Encoding="base64",
            says={"files": {"a.pdf": PDF}},
        )
        inner = (
            b"From: x@y.example\r\nSubject: =?utf-8?q?A=C3=B1o?=\r\nX-Long: "
            + b"word " * 60
            + b"\r\n\r\nCuerpo del reenviado\r\n"
        )
        self.add_parts(
            "forwarded as file",
            [part("Ver adjunto"), compose({"Content-Type": "message/rfc822"}, inner)],
            says={"remarks": "Ver adjunto"},
        )
        self.add_parts(
            "forwarded in base64", [part("Ver adjunto"), part(inner, "message/rfc822")], says={"remarks": "Ver adjunto"}
        )
        self.add_parts(
            "signed",
            [part("Firmado"), part(b"0\x82sig", "application/pkcs7-signature; name=smime.p7s")],
            "signed",
            says={"remarks": "Firmado", "files": {"smime.p7s": b"0\x82sig"}},
        )
        self.add_parts(
            "encrypted",
            [part("Version: 1", "application/pgp-encrypted"), part(b"-----BEGIN PGP", "application/octet-stream; name=e.asc")],
            "encrypted",
        )

    def broken_mime(self):
        self.add(
            "boundary missing at the end",
            b"--b\r\n" + part("Hola", encoding="8bit") + b"\r\n",
            Content_Type="multipart/mixed; boundary=b",
            says={"remarks": "Hola"},
        )
        self.add(
            "boundary never there",
            "Hola Ana, sin partes",
            Content_Type="multipart/mixed; boundary=zzz",
            says={"remarks": "Hola Ana, sin partes"},
        )
        self.add("boundary not named", "--x\r\n\r\nHola\r\n--x--", Content_Type="multipart/mixed")
        self.add("boundary empty", "Hola", Content_Type='multipart/mixed; boundary=""')
        self.add("boundary overlong", "Hola", Content_Type="multipart/mixed; boundary=" + "b" * 5000)
        self.add(
            "boundary used twice inside",
            multipart([compose({"Content-Type": multipart([part("Hola")])[0]}, multipart([part("Hola")])[1])])[1],
            Content_Type=multipart([])[0],
        )
        self.add(
            "parts without headers",
            b"--b\r\n\r\nHola\r\n--b--",
            Content_Type="multipart/mixed; boundary=b",
            says={"remarks": "Hola"},
        )
        self.add(
            "multipart in base64",
            b64encode(b"Hola"),
            Content_Type="multipart/mixed; boundary=b",
            Content_Transfer_Encoding="base64",
        )
        self.add(
            "rfc822 empty",
            b"--b\r\nContent-Type: message/rfc822\r\n\r\n\r\n--b\r\n\r\nHola\r\n--b--",
            Content_Type="multipart/mixed; boundary=b",
        )
        self.add(
            "part header broken",
            b"--b\r\nContent-Type text/plain\r\nX\r\n\r\nHola\r\n--b--",
            Content_Type="multipart/mixed; boundary=b",
        )
        self.add(
            "part disposition broken",
            b"--b\r\nContent-Disposition: ;;;=\r\nContent-Type: text/plain; =;\r\n\r\nHola\r\n--b--",
            Content_Type="multipart/mixed; boundary=b",
            says={"remarks": "Hola"},
        )
        self.add(
            "external body",
            b"--b\r\nContent-Type: message/external-body; access-type=URL\r\n\r\nContent-Type: text/plain\r\n\r\n\r\n--b\r\n\r\nHola\r\n--b--",
            Content_Type="multipart/mixed; boundary=b",
        )
        self.add("partial message", "Hola", Content_Type='message/partial; id="x"; number=1; total=2')

        def nested(depth):
            body = b"".join(b'--n%d\r\nContent-Type: multipart/mixed; boundary="n%d"\r\n\r\n' % (n, n + 1) for n in range(depth))
            return body + b"--n%d\r\n\r\nHola\r\n" % depth

        self.add("30 nested parts", nested(30), Content_Type='multipart/mixed; boundary="n0"', says={"remarks": "Hola"})
        self.add("5,000 nested parts", nested(5000), "quarantine", Content_Type='multipart/mixed; boundary="n0"')
        self.add(
            "5,000 parts side by side",
            multipart([part("x", encoding="8bit")] * 5000)[1],
            "quarantine",
            Content_Type=multipart([])[0],
        )
        self.add("300 parts side by side", multipart([part("Hola", encoding="8bit")] * 300)[1], Content_Type=multipart([])[0])
        rfc822 = b"Subject: x\r\n\r\nHola"
        for _depth in range(300):
            rfc822 = b"Content-Type: message/rfc822\r\n\r\n" + rfc822
        self.add("300 mails in each other", rfc822, Content_Type="message/rfc822")
        self.add("headers of 1 MB", "Hola", "quarantine", X_Long="x" * 1_000_000)
        self.mails.append(CorpusMail("no headers at all", b"Hola, soy Ana, llamen al 600 11 22 33", "quarantine"))
        self.mails.append(CorpusMail("nothing at all", b"", "quarantine"))
        self.mails.append(CorpusMail("bytes of a picture", PNG * 3, "quarantine"))

    def header_values(self):
        self.add("subject empty", Subject="")
        self.add("subject missing", Subject=None)
        self.add(
            "subject encoded", Subject="=?iso-8859-1?Q?Declaraci=F3n?= =?utf-8?b?IGHDsW8=?=", says={"name": "Declaración año"}
        )
        self.add("subject raw utf-8", Subject="Declaración año", says={"name": "Declaración año"})
        self.add("subject raw latin-1", Subject="Declaración".encode("latin-1"), says={"name": "Declaración"})
        self.add("subject unknown charset", Subject="=?klingon?Q?Hola?=", says={"name": "Hola"})
        self.add("subject broken encoding", Subject="=?utf-8?b?@@@?= =?utf-8?q?=ZZ?= =?x")
        self.add(
            "subject with encoded line break",
            Subject="=?utf-8?q?Hola=0D=0ABcc:_evil@x.example?=",
            says={"name": "Hola Bcc: evil@x.example"},
        )
        self.add("subject with encoded nul", Subject="=?utf-8?q?Ho=00la?=", says={"name": "Hola"})
        self.add("subject of 100,000 letters", Subject="S" * 100_000)
        self.add("subject folded", Subject="Hola\r\n Ana\r\n\tRuiz", says={"name": "Hola Ana Ruiz"})
        self.add("subject split character", Subject="=?utf-8?b?w4E=?= =?utf-8?b?w7E=?=")
        self.add("name bare comma", From="Ruiz Gil, Ana <ana.gil@client.example.com>", says={"contact_name": "Ruiz Gil, Ana"})
        self.add(
            "name of a company with comma",
            From="Pérez Hermanos, S.L. <info@perez.example.com>",
            says={"contact_name": "Pérez Hermanos, S.L.", "email_normalized": "info@perez.example.com"},
        )
        self.add(
            "name encoded comma",
            From="=?utf-8?Q?Gonz=C3=A1lez=2C_Jos=C3=A9?= <jose.coma@client.example.com>",
            says={"contact_name": "González, José"},
        )
        self.add("name quoted comma", From='"Ruiz, Ana" <ana.coma@client.example.com>', says={"contact_name": "Ruiz, Ana"})
        self.add(
            "name encoded",
            From="=?utf-8?q?Mar=C3=ADa_=C3=91=C3=BA=C3=B1ez?= <maria@client.example.com>",
            says={"contact_name": "María Ñúñez"},
        )
        self.add("name raw latin-1", From="María <maria2@client.example.com>".encode("latin-1"), says={"contact_name": "María"})
        self.add(
            "name with line break",
            From="=?utf-8?q?Ana=0D=0ABcc:_x@y.example?= <ana.crlf@client.example.com>",
            says={"email_normalized": "ana.crlf@client.example.com"},
        )
        self.add("name with nul", From="=?utf-8?q?An=00a?= <ana.nul@client.example.com>", says={"contact_name": "Ana"})
        self.add(
            "name is the address",
            From='"ana.same@client.example.com" <ana.same@client.example.com>',
            says={"contact_name": False},
        )
        self.add(
            "no name",
            From="ana.bare@client.example.com",
            says={"contact_name": False, "email_normalized": "ana.bare@client.example.com"},
        )
        self.add(
            "name in comment",
            From="ana.comment@client.example.com (Ana Ruiz)",
            says={"email_normalized": "ana.comment@client.example.com"},
        )
        self.add(
            "two senders",
            From="Ana <ana.two@client.example.com>, Luis <luis@client.example.com>",
            says={"email_normalized": "ana.two@client.example.com"},
        )
        self.add("brackets broken", From="Ana Ruiz <ana.broken@client.example.com", says={"contact_name": "Ana Ruiz"})
        self.add(
            "from missing",
            From=None,
            Sender="Ana <ana.sender@client.example.com>",
            says={"email_normalized": "ana.sender@client.example.com"},
        )
        self.add("from unreadable", "Hola", "quarantine", From="Ana Ruiz", Return_Path="<>", Sender=None)
        self.add("date missing", Date=None)
        self.add("date nonsense", Date="ayer por la tarde")
        self.add("date far away", Date="Mon, 01 Jan 9999 00:00:00 -2300")
        self.add("date before time", Date="Thu, 01 Jan 0001 00:00:00 +1400")
        self.add("message id missing", Message_ID=None)
        self.add("message id without brackets", Message_ID="abc123@client.example.com")
        self.add("message id broken", Message_ID="<[abc]@>")
        self.add("message id with blanks", Message_ID="<ab c@ client.example.com>")
        self.add("message id of 5,000 letters", Message_ID="<" + "i" * 5000 + "@client.example.com>")
        self.add("message id not ascii", Message_ID="<añó@client.example.com>")
        self.add("references of 2,000", References=" ".join(f"<r{n}@x.example>" for n in range(2000)))
        self.add("references broken", References="<a@b <c@d>> <<>> =?x", In_Reply_To="<<>")
        self.add("3,000 recipients", To=", ".join([*(f"p{n}@x.example" for n in range(3000)), INFO]))
        self.add("header twice", Subject=["Uno", "Dos"], From=["Ana <ana.1@client.example.com>", "Bea <bea@client.example.com>"])
        self.add("header without colon", X_Y="z\r\nesto no es cabecera\r\nX-W: 1")
        self.add("international address", From="José <josé@niño.example>", says={"contact_name": "José"})
        self.add("punycode domain", From="Ana <ana@xn--nio-8ma.example>")

    def people_of_forms(self):
        form = "Nombre: Luisa Pérez\nTeléfono: 600 11 22 33\nMensaje: Quiero una cita"
        self.add(
            "form of the own site",
            form,
            From=f"Web <web@{DOMAIN}>",
            Reply_To="Luisa Pérez <luisa@client.example.com>",
            says={"contact_name": "Luisa Pérez", "email_normalized": "luisa@client.example.com"},
        )
        self.add(
            "form without name",
            form,
            From="wordpress@hosting.example.com",
            Reply_To="luisa2@client.example.com",
            says={"contact_name": "Luisa Pérez", "email_normalized": "luisa2@client.example.com"},
        )
        self.add(
            "form from the alias itself",
            form,
            From=INFO,
            Reply_To="luisa3@client.example.com",
            says={"email_normalized": "luisa3@client.example.com"},
        )
        self.add(
            "form auto-generated",
            form,
            From="Contacto <contacto@hosting.example.com>",
            Reply_To="luisa4@client.example.com",
            Auto_Submitted="auto-generated",
            says={"email_normalized": "luisa4@client.example.com"},
        )
        self.add(
            "form precedence bulk",
            form,
            From="noreply@hosting.example.com",
            Reply_To="luisa5@client.example.com",
            Precedence="bulk",
            says={"email_normalized": "luisa5@client.example.com"},
        )
        self.add(
            "form suppress",
            form,
            From="noreply@hosting.example.com",
            Reply_To="luisa6@client.example.com",
            X_Auto_Response_Suppress="All",
            says={"email_normalized": "luisa6@client.example.com"},
        )
        self.add(
            "form php",
            form,
            From="tienda@hosting.example.com",
            X_PHP_Originating_Script="33:mail.php",
            Reply_To="luisa7@client.example.com",
            says={"email_normalized": "luisa7@client.example.com"},
        )
        self.add(
            "person with another reply address",
            From="Ana <ana.p@client.example.com>",
            Reply_To="ana.private@mail.example.com",
            says={"email_normalized": "ana.p@client.example.com"},
        )
        self.add(
            "through a list",
            From="'Ana Ruiz' via Info <grupo@lists.example.com>",
            Reply_To="Ana Ruiz <ana.list@client.example.com>",
            says={"email_normalized": "ana.list@client.example.com"},
        )
        self.add("precedence bulk alone", Precedence="bulk")
        self.add("precedence list alone", Precedence="list", List_Id="<x.example>")
        self.add("auto-generated alone", Auto_Submitted="auto-generated")
        self.add("suppress alone", X_Auto_Response_Suppress="OOF, AutoReply")
        self.add("rules loop alone", X_MS_Exchange_Inbox_Rules_Loop="ana@client.example.com")
        self.add(
            "person on absence",
            "Necesito saber cómo declarar mi baja",
            Subject="Ausencias y bajas de mi empleado",
            says={"name": "Ausencias y bajas de mi empleado"},
        )
        self.add(
            "person writing away",
            "Escribo desde fuera",
            Subject="Fuera de la oficina también trabajo",
            says={"name": "Fuera de la oficina también trabajo"},
        )

    def read_where_it_stands(self):
        """Names beside the address, bodies outside what the mail says it is made of."""
        for number, sender in enumerate(
            (
                "ana.old{}@client.example.com (Ana Ruiz)",
                "<ana.old{}@client.example.com> (Ana Ruiz)",
                "(Ana Ruiz) ana.old{}@client.example.com",
            )
        ):
            self.add(f"old style sender {number}", From=sender.format(number), says={"contact_name": "Ana Ruiz"})
        for number, sender in enumerate(("Ana Ruiz", "Ana Ruiz <>", '"Ana Ruiz" <ana en client.example.com>')):
            address = f"ana.without{number}@client.example.com"
            self.add(
                f"sender without address {number}",
                From=sender,
                Reply_To=f"<{address}>",
                says={"contact_name": "Ana Ruiz", "email_normalized": address},
            )
        for content_type in ("text/plan", "text/unknown; charset=utf-8", "application/octet-stream", "application/x-mail"):
            self.add(
                f"body of type {content_type}", f"Se lee: {content_type}.", Content_Type=content_type,
                says={"remarks": f"Se lee: {content_type}."},
            )  # fmt: skip
        self.add(
            "body before the first boundary",
            b"Se lee antes.\r\n--b\r\nContent-Type: image/png\r\n\r\nxx\r\n--b--\r\n",
            Content_Type="multipart/mixed; boundary=b",
            says={"remarks": "Se lee antes."},
        )
        self.add(
            "body after the last boundary",
            b"--b\r\nContent-Type: image/png\r\n\r\nxx\r\n--b--\r\nSe lee despu\xc3\xa9s.\r\n",
            Content_Type="multipart/mixed; boundary=b",
            says={"remarks": "Se lee después."},
        )
        self.add("NUL in an encoded subject", Subject="=?utf-8?q?Herencia=00_urgente?=", says={"name": "Herencia urgente"})

    def routes(self):
        self.add("several aliases", To=f"{SALES}, {INFO}")
        self.add("several aliases in Cc", To=INFO, Cc=f"{SALES}, {LABOUR}")
        self.add("semicolon in To", To=f"otro@x.example; {INFO}; mas@x.example")
        self.add("blank in To", To=f"otro@x.example {INFO}")
        self.add("blank inside the address", To="info @" + DOMAIN)
        self.add("alias in capitals", To=INFO.upper())
        self.add("name in To with comma", To=f'"Despacho, Info" <{INFO}>')
        self.add("group in To", To=f"Amigos: {INFO};")
        self.add("Bcc with Delivered-To", To="undisclosed-recipients:;", Delivered_To=INFO)
        self.add("Bcc with X-Original-To", To=None, X_Original_To=INFO)
        self.add("Bcc with Envelope-To", To="Luis <luis@x.example>", Envelope_To=INFO)
        self.add("Bcc with Received for", To="Luis <luis@x.example>", Received=f"from a by b for <{INFO}>; {DATE}")
        self.add("plus address", To=f"info+web@{DOMAIN}")
        self.add("Bcc without trace", "Hola", "quarantine", To="undisclosed-recipients:;")
        self.add("mistyped alias", "Hola", "quarantine", To=f"ifno@{DOMAIN}")
        self.add("catch-all", "Hola", "quarantine", To=f"catchall@{DOMAIN}")
        self.add("mistyped with catch-all", "Hola", "quarantine", To=f"ifno@{DOMAIN}, catchall@{DOMAIN}")
        self.add("restricted alias", "Hola", "quarantine", To=f"socios@{DOMAIN}")
        self.add("other domain", "Hola", "quarantine", To="info@elsewhere.example.com")

    def copies(self):
        raw = self.add("original of copies", "Solo una vez")
        self.mails.append(CorpusMail("fetched twice", raw, "copy"))
        again = raw.replace(f"To: {INFO}".encode(), f"To: {INFO}\r\nDelivered-To: {SALES}".encode()).replace(
            b"mx.client", b"mx2.client"
        )
        self.mails.append(CorpusMail("copy by another alias", again, "copy"))
        bare = self.add("without id, fetched twice", "Sin identificador", Message_ID=None)
        self.mails.append(CorpusMail("without id, second fetch", bare, "copy"))
        self.add("first with the same id", "Primera consulta", Message_ID="<same@form.example.com>")
        self.add(
            "second with the same id",
            "Segunda consulta",
            Message_ID="<same@form.example.com>",
            says={"remarks": "Segunda consulta"},
        )
        self.add(
            "third with the same id",
            "Tercera consulta",
            Message_ID="<same@form.example.com>",
            says={"remarks": "Tercera consulta"},
        )
        lost = self.add("quarantined, fetched twice", "Hola dos veces", "quarantine", To=f"nadie@{DOMAIN}")
        self.mails.append(CorpusMail("quarantined, second fetch", lost, "copy"))

    def answers(self):
        people = self.people

        def answer(name, key, becomes="reply", body="Sí, me interesa. Llámenme.", **headers):
            person = people[key]
            reference = {"In_Reply_To": person["message_id"], "References": person["message_id"]}
            self.add(
                name,
                body,
                becomes,
                **(
                    {"From": f"{person['name']} <{person['email']}>", "Subject": f"RE: {person['subject']}"} | reference | headers
                ),
            )

        answer("answer", "open")
        answer("answer from another address", "open", From="Ana en casa <ana.home@mail.example.com>")
        answer("answer References only", "open", In_Reply_To=None)
        answer("answer In-Reply-To only", "open", References=None)
        answer("answer folded references", "open", References="<x@y.example>\r\n " + people["open"]["message_id"])
        answer("answer after conversion", "converted")
        answer("answer after discard", "discarded")
        answer("answer to a deleted mail", "forgotten")
        answer("answer without references", "open", In_Reply_To=None, References=None, body="Contesto sin referencias")
        answer("answer mistyped To", "open", To=f"ifno@{DOMAIN}", body="Contesto a otra dirección")
        answer(
            "stranger with a guessed id", "forgotten", becomes="record", From="Eve <eve@evil.example.com>", Subject="RE: intrusa"
        )
        if people["open"].get("reply_to"):
            answer(
                "answer by the reply address",
                "open",
                To=people["open"]["reply_to"],
                From="Ana <ana.third@mail.example.com>",
                In_Reply_To=None,
                References=None,
                Subject="nada que ver",
            )
        forged = f"info+l1-{'0' * 12}@{DOMAIN}"
        self.add("forged reply address", "Hola", "record", To=forged)

        for number, headers in enumerate(
            (
                {"Auto_Submitted": "auto-replied"},
                {"Auto_Submitted": "auto-replied (vacation)", "Subject": "Vuelvo pronto"},
                {"X_Autoreply": "yes"},
                {"X_Autorespond": "Re: x"},
                {"Precedence": "auto_reply"},
                {"X_Precedence": "auto_reply"},
                {"Subject": "Respuesta automática: RE: su consulta", "X_MS_Exchange_Inbox_Rules_Loop": "x@y.example"},
                {"Subject": "Respuesta automática: RE: su consulta", "X_Auto_Response_Suppress": "All"},
                {"Subject": "=?utf-8?q?Respuesta_autom=C3=A1tica=3A?= consulta"},
                {"Subject": "Fuera de la oficina: consulta"},
                {"Subject": "Fuera de oficina Re: consulta"},
                {"Subject": "Ausente: consulta"},
                {"Subject": "Ausente hasta el lunes"},
                {"Subject": "Estoy de vacaciones"},
                {"Subject": "Contestación automática"},
                {"Subject": "Mensaje de ausencia"},
                {"Subject": "Resposta automàtica: consulta"},
                {"Subject": "Out of Office: consulta"},
                {"Subject": "Automatic reply: consulta"},
                {"Subject": "Auto: consulta"},
                {"Subject": "Réponse automatique : consulta"},
                {"Subject": "Abwesenheitsnotiz: consulta"},
                {"Subject": "Respuesta automática", "Precedence": "bulk", "X_Autoreply": "yes"},
                {"X_POST_MessageClass": "9; Autoresponder"},
            )
        ):
            answer(f"automatic reply {number}", "open", "auto_reply", body=f"No estoy, vuelvo el lunes ({number})", **headers)
        answer(
            "automatic reply without references",
            "open",
            "auto_reply",
            body="No estoy (suelto)",
            In_Reply_To=None,
            References=None,
            Auto_Submitted="auto-replied",
            Subject="Fuera de la oficina",
        )
        answer(
            "automatic reply to the bounce address",
            "open",
            "auto_reply",
            body="No estoy (rebote)",
            To=f"bounce@{DOMAIN}",
            Auto_Submitted="auto-replied",
        )
        self.add(
            "automatic reply of a stranger",
            "No estoy",
            "quarantine",
            Auto_Submitted="auto-replied",
            Subject="Fuera de la oficina",
        )
        answer("automatic reply, precedence bulk only", "open", "reply", body="Les escribo yo misma", Precedence="bulk")
        # That show only in what they say, and answer nothing of ours
        for number, (subject, body) in enumerate(
            (
                ("Fuera de la oficina: reunión", "Estoy fuera de la oficina hasta el lunes."),
                ("Fuera de oficina", "Gracias por su mensaje. Regreso el 9 de marzo."),
                ("Respuesta automática: presupuesto", "Estaré de vacaciones hasta el día 9."),
                ("Out of office: meeting", "I am out of the office until Monday."),
                ("Automatic reply: invoice", "I will be back on March 9."),
            )
        ):
            self.add(f"absence note by its words {number}", f"{body} ({number})", "quarantine", Subject=subject)
        for number, (subject, body) in enumerate(
            (
                ("Fuera de la oficina: accidente", "Me caí y estoy de baja. Necesito un abogado."),
                ("Ausencia: permiso por hospitalización", "¿Cuántos días me corresponden? Estoy fuera hasta el lunes."),
                ("Out of office: injury", "I am away from work since the accident. Can you call me?"),
                ("Ausente", "Mi hermano es heredero y no aparece."),
            )
        ):
            self.add(f"person with such words {number}", f"{body} ({number})", Subject=subject, says={"name": subject})
        self.add("autoresponse header", "Gracias", "quarantine", X_Autoresponse="yes")
        self.add("loop header of a ticket system", "Gracias", "quarantine", X_OTRS_Loop="yes")
        received = "[Ticket#20260302] Hemos recibido su solicitud"
        self.add("acknowledged by a ticket system", "Gracias", "quarantine", Subject=received, Auto_Submitted="auto-generated")
        self.add("ticket acknowledged in bulk", "Thanks", "quarantine", Subject="Request 12345 received", Precedence="bulk")
        self.add("person on a ticket", Subject="Ticket 12345 del aparcamiento: multa")

    def reports(self):
        people = self.people
        open_lead = people["open"]
        returned = f"From: info@{DOMAIN}\r\nTo: {open_lead['email']}\r\nMessage-ID: {open_lead['message_id']}\r\nSubject: {open_lead['subject']}\r\n\r\n"

        def status(action, code="5.1.1", recipient=None, **fields):
            lines = f"Reporting-MTA: dns; mx.{DOMAIN}\r\n\r\nFinal-Recipient: rfc822; {recipient or open_lead['email']}\r\n"
            lines += (f"Action: {action}\r\n" if action else "") + f"Status: {code}\r\n"
            return lines + "".join(f"{key}: {value}\r\n" for key, value in fields.items())

        def report(name, becomes, parts, report_type="delivery-status", **headers):
            content_type, body = multipart(parts, "report")
            base = {
                "From": f"Mail Delivery System <MAILER-DAEMON@mx.{DOMAIN}>",
                "To": f"bounce@{DOMAIN}",
                "Return_Path": "<>",
                "Auto_Submitted": "auto-replied",
            }
            self.add(name, body, becomes, Content_Type=f"{content_type}; report-type={report_type}", **(base | headers))

        def dsn(
            name,
            becomes,
            action,
            code="5.1.1",
            text="No se pudo entregar",
            with_mail=True,
            subject="Undelivered Mail Returned to Sender",
            **more,
        ):
            parts = [part(text, encoding="8bit"), compose({"Content-Type": "message/delivery-status"}, status(action, code))]
            if with_mail:
                parts.append(compose({"Content-Type": "message/rfc822"}, returned + "Hola"))
            report(name, becomes, parts, Subject=subject, **more)

        dsn("dsn failed", "bounce", "failed")
        dsn("dsn failed in capitals", "bounce", "FAILED", text="otra vez")
        dsn("dsn failed with comment", "bounce", "failed (bad destination)", text="y otra")
        dsn("dsn without returned mail", "bounce", "failed", with_mail=False)
        dsn("dsn without action", "bounce", "", text="sin accion")
        dsn("dsn to the alias", "bounce", "failed", text="al alias", To=INFO)
        dsn("dsn delayed", "report", "delayed", "4.4.1", text="Se retrasa", subject="Delivery Status Notification (Delay)")
        dsn("dsn relayed", "report", "relayed", "2.0.0", text="Reenviado", subject="Successful Mail Delivery Report")
        dsn("dsn delivered", "report", "delivered", "2.1.5", text="Entregado", subject="Delivery Status Notification (Success)")
        headers_only = [
            part("No existe", encoding="8bit"),
            compose({"Content-Type": "message/delivery-status"}, status("failed")),
            compose({"Content-Type": "text/rfc822-headers"}, returned),
        ]
        report("dsn with headers only", "bounce", headers_only, Subject="failure notice")
        receipt = f"Final-Recipient: rfc822;{open_lead['email']}\r\nOriginal-Message-ID: {open_lead['message_id']}\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"
        receipt_parts = [part("Leído", encoding="8bit"), compose({"Content-Type": "message/disposition-notification"}, receipt)]
        report(
            "read receipt",
            "report",
            receipt_parts,
            "disposition-notification",
            From=f"{open_lead['name']} <{open_lead['email']}>",
            To=INFO,
            Subject="Leído: consulta",
            Auto_Submitted=None,
        )
        report(
            "receipt of an unknown mail",
            "quarantine",
            [
                part("Leído", encoding="8bit"),
                compose({"Content-Type": "message/disposition-notification"}, "Final-Recipient: rfc822;z@x.example\r\n"),
            ],
            "disposition-notification",
            From="Zoe <zoe@x.example>",
            To=INFO,
            Subject="Leído: otra cosa",
        )
        unknown = [
            part("No existe", encoding="8bit"),
            compose({"Content-Type": "message/delivery-status"}, status("failed", recipient="nobody@x.example")),
        ]
        report("dsn of an unknown mail", "quarantine", unknown, Subject="Undelivered Mail")
        mailer = {"From": "MAILER-DAEMON@mx.example.com", "Return_Path": "<>", "To": f"bounce@{DOMAIN}"}
        self.add(
            "qmail bounce",
            f"Hi. This is the qmail-send program at mx.example.com.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<{open_lead['email']}>:\nuser unknown\n\n--- Below this line is a copy of the message.\n\n{returned}",
            "bounce",
            Subject="failure notice",
            **mailer,
        )
        self.add(
            "exim bounce",
            f"This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  {open_lead['email']}\n    550 no such user\n\n------ This is a copy of the message ------\n\n{returned}",
            "bounce",
            Subject="Mail delivery failed: returning message to sender",
            X_Failed_Recipients=open_lead["email"],
            **mailer,
        )
        self.add(
            "exim delay",
            f"This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its recipients after more than 24 hours.\nMessage-ID: {open_lead['message_id']}\nNo action is required on your part.",
            "report",
            Subject="Warning: message 1abc delayed 24 hours",
            **mailer,
        )
        exchange = {
            "From": "Microsoft Outlook <postmaster@x.example.com>",
            "Return_Path": "<>",
            "To": INFO,
            "X_MS_Exchange_Message_Is_Ndr": "1",
        }
        self.add(
            "exchange bounce",
            f"Delivery has failed to these recipients or groups:\n\n{open_lead['name']} ({open_lead['email']})\nThe email address you entered couldn't be found.\n",
            "bounce",
            Subject="Undeliverable: consulta",
            **exchange,
        )
        self.add(
            "exchange bounce in Spanish",
            f"Error al entregar a estos destinatarios o grupos:\n\n{open_lead['email']}\nNo se encuentra la dirección.\n",
            "bounce",
            Subject="No se puede entregar: consulta",
            **exchange,
        )
        self.add(
            "person about a bounce",
            "Me devolvieron su correo, ¿tienen otra dirección?",
            Subject="Undelivered mail, ¿qué hago?",
            says={"remarks": "Me devolvieron su correo, ¿tienen otra dirección?"},
        )
        self.add(
            "postmaster who is a person",
            "Soy el administrador de correo y quiero contratarles",
            From="Pablo <postmaster@client.example.com>",
            Subject="Presupuesto",
        )
        arf = [
            part("Queja", encoding="8bit"),
            compose({"Content-Type": "message/feedback-report"}, "Feedback-Type: abuse\r\n"),
            compose({"Content-Type": "message/rfc822"}, returned),
        ]
        report("abuse complaint", "report", arf, "feedback-report", From="abuse@isp.example.com", Subject="complaint")


def build_corpus(people):
    """Return the mails of the corpus.

    :param dict people: what `prepare_gateway` returned
    :return: list of `CorpusMail`; the order matters (copies follow their originals)
    """
    corpus = Corpus(people)
    corpus.charsets()
    corpus.encodings()
    corpus.html()
    corpus.files()
    corpus.broken_mime()
    corpus.header_values()
    corpus.people_of_forms()
    corpus.read_where_it_stands()
    corpus.routes()
    corpus.copies()
    corpus.answers()
    corpus.reports()
    return corpus.mails


def prepare_gateway(env):
    """Make the mail domain, the aliases and the leads that the corpus speaks of.

    :return: dict key -> dict (`name`, `email`, `subject`, `message_id`, `lead_id`, `reply_to`) of leads we wrote to
    """
    Domain = env["mail.alias.domain"]
    domain = Domain.search([("name", "=", DOMAIN)]) or Domain.create({"name": DOMAIN})
    domain.write({"bounce_alias": "bounce", "catchall_alias": "catchall"})
    company = env.company
    company.write({"alias_domain_id": domain.id, "email": f"despacho@{DOMAIN}"})
    taken = env["mail.alias"].search([("alias_name", "in", ("info", "ventas", "laboral", "socios"))])
    taken.write({"alias_name": False})
    for name, alias in (("Información", "info"), ("Ventas", "ventas"), ("Laboral", "laboral"), ("Socios", "socios")):
        team = env["crm.team"].create(
            {"name": name, "company_id": company.id, "use_leads": True, "alias_name": alias, "alias_domain_id": domain.id}
        )
        team.alias_id.write({"alias_contact": "partners" if alias == "socios" else "everyone"})
        team.alias_id.alias_defaults = repr({"type": "lead", "team_id": team.id})
    people = {}
    for key in ("open", "converted", "discarded", "forgotten"):
        lead = env["crm.lead"].create(
            {
                "name": f"Solicitud {key}",
                "contact_name": f"Persona {key}",
                "email_from": f"{key}@person.example.com",
                "type": "lead",
            }
        )
        subject = f"Su consulta {key} en el despacho"
        message = lead.message_post(
            body="Hemos recibido su consulta", subject=subject, message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        people[key] = {
            "name": lead.contact_name,
            "email": lead.email_from,
            "subject": subject,
            "message_id": message.message_id,
            "lead_id": lead.id,
        }
        if key == "converted":
            lead.type = "opportunity"
        elif key == "discarded":
            lead.action_set_lost()
        elif key == "forgotten":
            message.unlink()
        if hasattr(lead, "_sign_reply_address"):
            people[key]["reply_to"] = f"info+l{lead.id}-{lead._sign_reply_address(lead.id)}@{DOMAIN}"
    env.flush_all()
    return people
