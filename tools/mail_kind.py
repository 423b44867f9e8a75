"""What kind an incoming mail is: a person's, or what a machine sends back because of a mail. No records in here."""

import re

from .mail_content import get_type
from .mail_text import (
    decode_bytes,
    split_addresses,
)

# Words before a colon, or the whole beginning, of what a machine answers while its owner is away
_auto_reply_subject_re = re.compile(
    r"""^\s*(\[[^\]]{1,40}\]\s*)?(
        fuera\ de\ (la\ )?oficina | respuesta\ autom[aá]tica | contestaci[oó]n\ autom[aá]tica | auto-?respuesta
      | mensaje\ de\ ausencia | aviso\ de\ (ausencia|vacaciones) | (de|estoy\ de|cerrado\ por|cerrados\ por)\ vacaciones
      | ausente(?=\s*(:|$|\.|hasta|del|de\ la|por|temporalmente)) | ausencia(?=\s*(:|$|temporal))
      | estar[eé]\ (ausente|fuera) | no\ estoy\ disponible
      | fora\ de\ l.oficina | resposta\ autom[aàá]tica | fora\ do\ escrit[oó]rio | erantzun\ automatikoa
      | out\ of\ (the\ )?office | automatic\ reply | auto-?\ ?reply | auto-?\ ?response | automated\ (reply|response)
      | autoreply | away\ from\ (the\ |my\ )?office | on\ vacation | vacation\ (reply|response|auto) | i\ am\ (away|out)\b
      | r[ée]ponse\ automatique | absence\ du\ bureau | message\ d.absence | abwesenheit | automatische\ antwort
      | risposta\ automatica | fuori\ (sede|ufficio) | auto\s*:
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_away_subject_re = re.compile(
    r"ofic|office|ausen|ausente|vacaci|vacation|away|fuera|fora|absen|abwesen|bureau|fuori|disponib|escrit|\bout\b", re.IGNORECASE
)
# The words of such a note alone, or before a colon: a sentence that begins with them may be a person's.
_auto_reply_title_re = re.compile(
    r"""^\s*(\[[^\]]{1,40}\]\s*)?(
        fuera\ de\ (la\ )?oficina | (respuesta|contestaci[oó]n)\ autom[aá]tica | auto-?respuesta | mensaje\ de\ ausencia
      | aviso\ de\ (ausencia|vacaciones) | (estoy\ )?de\ vacaciones | ausente | ausencia | fora\ de\ l.oficina
      | resposta\ autom[aàá]tica | out\ of\ (the\ )?office | auto(matic|mated)?[-\ ]?(reply|response) | on\ vacation
    )\s*(:.*)?$""",
    re.IGNORECASE | re.VERBOSE,
)
# What a note of absence says, and what only somebody says who wants something
_absence_text_re = re.compile(
    r"(?i)\b(estoy|estar[eé]|estamos|me encuentro|encontrar[eé])\b.{0,40}\b(fuera|ausente|vacaciones|de baja|de viaje)\b"
    r"|\b(vuelvo|volver[eé]|regreso|regresar[eé]|me reincorpor\w+)\b|\bno estoy\b|\bausente (hasta|del|desde)\b"
    r"|\bfuera de (la )?oficina (hasta|del|desde)\b|\b(a mi (vuelta|regreso)|acceso limitado|sin acceso al correo)\b"
    r"|\bi('m| am| will be| shall be)\b.{0,40}\b(away|out of (the )?office|on (holiday|vacation|leave))\b"
    r"|\b(will be back|i return|upon my return|limited access)\b"
)
_wish_re = re.compile(
    r"(?i)[?¿]|\b(necesit\w+|quisiera\w*|querr[ií]a\w*|quiero|queremos|me gustar[ií]a|consulta(r(les?)?|s)?|presupuesto|ayuda\w*"
    r"|ll[aá]m(en?|ar)me|mi tel[eé]fono|i need|we need|i('d| would) like|could you|can you|call me|quote|advice)\b"
)
# What a ticket system answers to whatever comes in
_ticket_subject_re = re.compile(
    r"(?i)^\s*(re\s*:\s*)?\W{0,2}(ticket|case|caso|incidencia|solicitud|petici[oó]n|request|expediente)\b[^\d]{0,20}\d{3,}"
    r"|\b(hemos recibido su (solicitud|consulta|incidencia|mensaje)"
    r"|se ha (creado|abierto|registrado) (la |el |su )?(ticket|incidencia|solicitud)"
    r"|(your )?(ticket|request) (has been )?(received|created|opened)|we (have )?received your (request|message|ticket))\b"
)
_bounce_subject_re = re.compile(
    r"""^\s*(
        undeliverable | undelivered\ mail | undeliverable\ mail | mail\ delivery\ (failed|failure|system) | failure\ notice
      | delivery\ status\ notification\ \(failure\) | delivery\ (has\ )?fail(ed|ure) | returned\ mail | message\ undeliverable
      | mail\ system\ error | unzustellbar | non\ remis | no\ se\ (puede|pudo|ha\ podido)\ entregar | no\ entregado
      | error\ de\ entrega | mensaje\ no\ entregado | correo\ devuelto | notificaci[oó]n\ de\ estado\ de\ entrega\ \((error|fallo)
      | devoluci[oó]n\ de\ correo | entrega\ fallida | imposible\ entregar
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_bounce_text_res = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"this is the qmail-send program",
        r"i.m afraid i wasn.t able to deliver your message",
        r"a message that you sent could not be delivered to one or more of its\s+recipients",
        r"this is a permanent error",
        r"delivery has failed to these recipients or groups",
        r"your message did(n.t| not) reach some or all of the intended recipients",
        r"could not be delivered to one or more recipients",
        r"no se (ha podido|pudo|puede) entregar (el|su) mensaje",
        r"error al entregar a estos destinatarios",
        r"<[^>\s]+@[^>\s]+>:?\s*\(?.{0,200}\b5\d\d[ -]",
        r"\b550[ -]5\.\d+\.\d+",
        r"address (not found|rejected)|user unknown|no such user|mailbox (not found|unavailable)",
    )
]
_delay_re = re.compile(
    r"(delay(ed)?|retras(o|ado)|still (being )?(retried|trying)|not yet been delivered|no need to (resend|re-?send)"
    r"|warning: message .{0,40} delayed|delivery status notification \(delay\))",
    re.IGNORECASE,
)
_unattended_local_re = re.compile(
    r"^(no-?_?\.?-?reply|no-?responder|noresponder|donotreply|do-not-reply|mailer-daemon|postmaster|bounces?|notifications?"
    r"|notificaciones|automail|listserv|majordomo)([._+-].*)?$",
    re.IGNORECASE,
)
MESSAGE_ID = re.compile(r"<[^<>\s]{3,500}>")


def is_unattended_address(address):
    """Tell whether an address says that nobody reads what is sent to it: no-reply@, notifications@ ..."""
    return bool(_unattended_local_re.match(address.rpartition("@")[0]))


class MailKind:
    """What kind of mail it is: somebody's, or a machine's. A part of `IncomingMail`."""

    def _read_kind(self):
        """Set `kind`: `mail`, `bounce`, `report` (delay, receipt, complaint) or `auto_reply`, and what goes with it.

        Only what a machine sends back *because of* a mail is an automatic reply (RFC 3834 "auto-replied" and what was
        usual before it). "auto-generated", "Precedence: bulk" or "X-Auto-Response-Suppress" alone say nothing: forms of
        web sites and accounting programs write them.
        """
        self.kind, self.is_away, self.is_sure = "mail", False, True
        self.failed_addresses, self.returned_ids = [], []
        local = self.from_address.rpartition("@")[0].lower()
        by_mail_system = (
            local in ("mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon")
            or self.header("Return-Path").replace(" ", "") == "<>"
        )
        report = self._get_report_type()
        failed, other = self._read_delivery_status()
        exim = [address for _name, address in split_addresses(self.header("X-Failed-Recipients"))]
        if failed:
            self.kind, self.failed_addresses = "bounce", failed
        elif report in ("delivery-status", "disposition-notification", "feedback-report") or other:
            self.kind = "report"
        elif exim and not self._has_delay():
            self.kind, self.failed_addresses = "bounce", exim
        elif by_mail_system and self._has_delay() and not _bounce_subject_re.match(self.subject):
            self.kind = "report"
        elif (
            local
            in ("mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon", "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e")
            and (_bounce_subject_re.match(self.subject) or any(pattern.search(self.text[:5000]) for pattern in _bounce_text_res))
        ) or (self.header("X-MS-Exchange-Message-Is-Ndr") and _bounce_subject_re.match(self.subject)):
            self.kind = "bounce"
        elif self._is_receipt():
            self.kind = "report"
        else:
            self._read_auto_reply()
        if self.kind == "bounce" and not self.failed_addresses:
            self.failed_addresses = self._find_failed_addresses()
        if self.kind in ("bounce", "report"):
            self.returned_ids = self._find_returned_ids()

    def _get_report_type(self):
        if get_type(self.message) != "multipart/report":
            return ""
        return self._get_parameter(self.message, "report-type").lower()

    def _read_delivery_status(self):
        """Return the addresses whose delivery failed for good, and whether the mail speaks of any other delivery."""
        failed, other = [], False
        for part in self.parts:
            if get_type(part) != "message/delivery-status":
                continue
            text = decode_bytes(self._get_bytes(part))
            for block in re.split(r"\r?\n[ \t]*\r?\n", text):
                fields = {key.lower(): value for key, value in re.findall(r"(?m)^([A-Za-z-]+):[ \t]*(.*?)\r?$", block)}
                recipient = fields.get("final-recipient") or fields.get("original-recipient")
                if not recipient and "action" not in fields:
                    continue
                action = fields.get("action", "").lower().split()[:1]
                is_failed = action == ["failed"] or (not action and fields.get("status", "").strip().startswith("5"))
                if is_failed:
                    both = f"{fields.get('original-recipient', '')} {fields.get('final-recipient', '')}".replace("rfc822;", " ")
                    failed += [address.lower() for _name, address in split_addresses(both)] or [""]
                else:
                    other = True
        return list(dict.fromkeys(failed)), other

    def _has_delay(self):
        return bool(
            _delay_re.search(self.subject) or (not _bounce_subject_re.match(self.subject) and _delay_re.search(self.text[:3000]))
        )

    def _is_receipt(self):
        return any(get_type(part) == "message/disposition-notification" for part in self.parts) or (
            self.header("X-MS-Exchange-Message-Class").lower().startswith("report.ipm.note.ipnrn")
            or bool(
                re.match(
                    r"(?i)^\s*(le[ií]do|read|confirmaci[oó]n de lectura|read receipt|acuse de recibo|entregado|delivered)\s*:",
                    self.subject,
                )
                and get_type(self.message) == "multipart/report"
            )
        )

    def _read_auto_reply(self):
        def value(name):
            return self.header(name).lower().strip()

        submitted = value("Auto-Submitted")
        by_header = (
            submitted.startswith("auto-replied")
            or value("X-Autoreply") not in ("", "no", "false", "0")
            or value("X-Auto-Reply") not in ("", "no", "false", "0")
            or any(
                value(name) not in ("", "no", "false", "0")
                for name in ("X-Autoresponse", "X-Auto-Response", "X-Autorespond", "X-Auto-Respond", "X-Autoresponder")
            )
            or value("X-OTRS-Loop") in ("yes", "true", "1")
            or value("X-RT-Loop-Prevention")
            or value("X-Autoreply-From")
            or value("X-Mail-Autoreply")
            or value("X-Autogenerated") == "reply"
            or "auto_reply" in (value("Precedence"), value("X-Precedence"), value("Preference"))
            or "autoresponder" in value("X-POST-MessageClass")
            or "oof" in value("X-MS-Exchange-Message-Class")
            or any(header.lower().strip() == "autoresponder" for header in self.headers("Delivered-To"))
        )
        # A ticket system says that it is a machine, and what it does.
        by_header = by_header or (
            bool(_ticket_subject_re.search(self.subject))
            and (
                submitted not in ("", "no")
                or value("Precedence") in ("bulk", "junk", "list")
                or bool(re.search(r"\b(all|autoreply)\b", value("X-Auto-Response-Suppress")))
            )
        )
        by_subject = bool(_auto_reply_subject_re.match(self.subject))
        # Alone these say nothing; with such a subject they do.
        supported = by_subject and bool(
            value("X-MS-Exchange-Inbox-Rules-Loop")
            or value("X-Auto-Response-Suppress")
            or value("X-MS-Exchange-Generated-Message-Source")
            or value("Precedence") in ("bulk", "junk", "list")
            or submitted not in ("", "no")
            or value("Return-Path").replace(" ", "") == "<>"
            or value("X-Amavis-Alert")
        )
        # A person who begins with such words wants something; a note says when its owner is back.
        said = self.text[:2000]
        supported = supported or (
            bool(_auto_reply_title_re.match(self.subject)) and bool(_absence_text_re.search(said)) and not _wish_re.search(said)
        )
        if by_header or by_subject:
            self.kind = "auto_reply"
            self.is_away = bool(_away_subject_re.search(self.subject)) or (
                by_header and bool(_away_subject_re.search(self.text[:500]))
            )
            self.is_sure = bool(by_header or supported)

    def _find_failed_addresses(self):
        """Addresses that a bounce without a delivery status names, as qmail, Exim and older Exchange servers write it."""
        text = self.text[:20_000].split("--- Below this line is a copy", 1)[0]
        patterns = (
            r"(?m)^\s*<([^<>\s]+@[^<>\s]+)>\s*:",  # qmail, Postfix
            r"(?m)^\s{1,4}([^\s<>]+@[^\s<>]+)\s*$",  # Exim
            r"(?i)(?:recipients?(?: or groups)?|destinatarios?(?: o grupos)?)\s*:?\s+"
            r"(?:[^\n<]{0,80}[<(])?([^\s<>()]+@[^\s<>()]+)",  # Exchange
        )
        found = [match for pattern in patterns for match in re.findall(pattern, text)]
        if not found and self.kind == "bounce":
            found = [address for _name, address in split_addresses(text[:5000])[:1]]
        return list(dict.fromkeys(address.strip(".,;:").lower() for address in found))[:20]

    def _find_returned_ids(self):
        """Message-IDs of the mail that came back or was reported about."""
        ids = list(self.references)
        for part in self.parts:
            content_type = get_type(part)
            if content_type == "message/rfc822" and isinstance(part.get_payload(), list) and part.get_payload():
                returned = part.get_payload()[0]
                for name in ("Message-ID", "X-Microsoft-Original-Message-ID"):
                    ids += MESSAGE_ID.findall(self.header(name, returned))
            elif content_type in (
                "text/rfc822-headers",
                "message/disposition-notification",
                "message/delivery-status",
                "text/plain",
                "message/rfc822",
            ):
                text = decode_bytes(self._get_bytes(part))[:100_000]
                ids += re.findall(r"(?im)^\W{0,4}(?:Original-|X-Microsoft-Original-)?Message-ID:\s*(<[^<>\s]+>)", text)
        return list(dict.fromkeys(ids))[-64:]

    @property
    def is_unattended(self):
        """True when nobody reads what is answered to the sender: lists, notifications, addresses that say so."""
        by_itself = self.person[1] == self.from_address  # a form speaks for a person who reads answers
        suppressed = re.search(r"(?i)\b(all|oof|autoreply)\b", self.header("X-Auto-Response-Suppress"))
        return bool(
            is_unattended_address(self.person[1])
            or any("-loop-detection-bounce-email@" in reference for reference in self.references)
            or self.header("List-Id")
            or self.header("List-Unsubscribe")
            or (by_itself and self.header("Return-Path").replace(" ", "") == "<>")
            or (by_itself and self.header("Precedence").lower() in ("bulk", "list", "junk"))
            or (by_itself and self.header("Auto-Submitted").lower() not in ("", "no"))
            or (by_itself and suppressed)
        )
