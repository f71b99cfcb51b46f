import logging

from markupsafe import Markup
from num2words import num2words
from reportlab.graphics.utils import RenderPMError

from odoo import api, fields, models
from odoo.tools import SQL, format_amount, format_date, get_lang, html2plaintext, str2bool

from ..tools import legal_mention
from ..tools import text as text_tools

_logger = logging.getLogger(__name__)

# What fits into the text of a SEPA transfer.
TRANSFER_TEXT = 140
# Where the table of items stands in a text that names the place.
ITEMS = Markup("{items}")


class CreditDunningWords(models.AbstractModel):
    """What a reminder says: the level's text with its placeholders filled, and the items by currency."""

    _name = "credit.dunning.words"
    _description = "Words of a reminder"

    @api.model
    def _placeholders(self):
        """Return the names an accountant may use in braces."""
        return (
            "customer",
            "contact",
            "company",
            "amount",
            "net_amount",
            "total_amount",
            "credits",
            "charges",
            "penalty_rate",
            "item_count",
            "oldest_due_date",
            "days_overdue",
            "deadline",
            "deadline_days",
            "today",
            "collector",
            "items",
        )

    def _render(self, action):
        """Return ``subject``, ``text`` (the level's words, filled but for ``{items}``), ``html`` (the whole message) and
        ``lang``, the language it speaks.
        """
        lang = self._lang(action)
        action = action.with_context(lang=lang)
        values = self.with_context(lang=lang)._render_values(action)
        subject, text = self._level_words(action.level_id)
        text = action.body or text_tools.fill(text, values["words"])
        subject = action.subject or text_tools.fill(subject, values["words"])
        if values["letter"]:
            text = text_tools.without_headings(text)
        qweb = self.env["ir.qweb"].with_context(lang=lang)
        opening, closing = text_tools.around_items(text)
        items = qweb._render("credit_collection.dunning_message_items", values, lang=lang)
        values.update(subject=subject, opening=opening, items=items, closing=closing)
        html = qweb._render("credit_collection.dunning_message", values, lang=lang)
        return {"subject": subject, "text": text, "html": html, "lang": lang}

    @api.model
    def _level_words(self, level):
        """Return the subject and the text (a Markup) of a level's message, with their placeholders."""
        return level.subject or "", Markup(level.text or "")

    @api.model
    def _lang(self, action):
        """Return the code of the language the action speaks: the recipient's, else the customer's, else the company's."""
        lang = action.recipient_id.lang or action.partner_id.lang or action.company_id.partner_id.lang
        return get_lang(self.env, lang).code

    def _render_values(self, action):
        """Return what the message's template shows: the words for the placeholders, and the items grouped by currency."""
        env = action.env
        today = action.company_id._dunning_today()
        letter = action.channel == "letter"
        bank, reference = self._bank(action), self._reference(action)
        lines = action._standing_lines()
        charges = self._charges(action, today)
        late = {table["currency"]: table for table in charges}
        groups = [
            self._group_values(action, currency, mine, today, late.get(currency))
            for currency, mine in sorted(lines.grouped("currency_id").items(), key=lambda item: item[0].name)
        ]
        for group in groups if letter else ():
            group["qr_code"] = self._qr_code(action, group["currency"], group["qr_amount"], bank, reference)
        urls = [url for group in groups for url in group["links"].values()]
        return {
            "action": action,
            "company": action.company_id.sudo(),
            "today": today,
            "letter": letter,
            "groups": groups,
            "bank": bank,
            "reference": reference,
            "pay_url": urls[0] if len(urls) == 1 else False,
            "enclosures": self._enclosed(action),
            "charges": charges,
            "words": self._words(action, today, charges),
            "format_amount": lambda amount, currency: format_amount(env, amount, currency),
            "format_date": lambda date: format_date(env, date),
        }

    def _words(self, action, today, charges=()):
        """Return what each placeholder stands for."""
        env = action.env
        net = action._totals("claimed", "credit")
        late = {table["currency"]: table["total"] for table in charges}
        total = {currency: net.get(currency, 0.0) + late.get(currency, 0.0) for currency in net | late}
        claimed = action._standing_lines("claimed")
        oldest = min(claimed.mapped("date_maturity"), default=False)
        return {
            "customer": action.partner_id.name,
            "contact": action.recipient_id.name or action.partner_id.name,
            "company": action.company_id.name,
            "amount": self._sums(action, "claimed"),
            "net_amount": self._sum_words(env, net),
            "total_amount": self._sum_words(env, total),
            "charges": self._sum_words(env, late),
            "penalty_rate": next((table["penalty_rate"] for table in charges if table["penalty_rate"]), ""),
            "credits": self._sums(action, "credit"),
            "item_count": str(len(claimed)),
            "oldest_due_date": format_date(env, oldest) if oldest else "",
            "days_overdue": str((today - oldest).days) if oldest else "",
            "deadline": format_date(env, fields.Date.add(today, days=action.level_id.deadline_days)),
            "deadline_days": str(action.level_id.deadline_days),
            "today": format_date(env, today),
            "collector": action.user_id.name or action.company_id.name,
            "items": ITEMS,
        }

    def _group_values(self, action, currency, lines, today, late=None):
        """Return what the table of one currency shows.

        :param dict late: the currency's interest and indemnities, which then make the sum to pay
        """
        lines = lines.sorted(lambda line: (line.kind == "credit", line.date_maturity, line.id))
        not_due = lines.filtered(lambda line: line.kind == "not_due")
        originals = self._originals(lines)
        total = sum((lines - not_due).mapped("amount"))
        return {
            "currency": currency,
            "has_late": any(line.kind == "credit" or today > line.date_maturity for line in lines),
            "references": {line: ref for line in lines if (ref := self._customer_reference(line))},
            "has_paid": any(currency.compare_amounts(originals[line], line.amount) for line in originals),
            "originals": originals,
            "disputed": self._disputed(lines, originals, today),
            "orders": self._orders(lines) if action.level_id.is_formal_notice else {},
            "links": {line: url for line in lines if (url := self._pay_url(line))},
            "lines": lines - not_due,
            "not_due": not_due,
            "total": total,
            "charged": bool(late),
            "in_words": not late and self._in_words(total, currency, action.channel == "letter"),
            "qr_amount": late["grand_total"] if late else total,
            "qr_code": False,
        }

    def _customer_reference(self, line):
        move = line.move_id
        return move.is_sale_document(include_receipts=True) and move._followup_customer_reference()

    def _orders(self, lines):
        """Return the sales orders, with their days, that the invoices come from, by line: a formal notice refers to them."""
        orders = {line: line.move_id.sudo().invoice_line_ids.sale_line_ids.order_id for line in lines}
        return {
            line: ", ".join(
                self.env._("%(order)s of %(day)s", order=order.name, day=format_date(self.env, order.date_order))
                for order in mine
            )
            for line, mine in orders.items()
            if mine
        }

    def _originals(self, lines):
        """Return the amount each claimed item had before anything was paid, by line."""
        return {
            line: line.move_line_id.sudo().amount_currency
            for line in lines
            if line.kind != "credit" and line.move_line_id
        }

    def _disputed(self, lines, originals, day):
        """Return what disputes keep out of the amounts of these lines, by line; looked up where less than all is asked."""
        partial = [
            line.move_line_id.id
            for line in lines
            if line in originals and line.currency_id.compare_amounts(originals[line], line.amount)
        ]
        held = self.env["credit.dispute"]._held(partial, day) if partial else {}
        return {line: held[line.move_line_id.id] for line in lines if line.move_line_id.id in held}

    def _in_words(self, amount, currency, letter=True):
        """Return the amount in words of the language spoken, in letters that ask for something; else False.

        In core's form for a currency num2words has no names for.
        """
        if not letter or currency.compare_amounts(amount, 0) <= 0:
            return False
        code = get_lang(self.env).iso_code
        whole = currency.is_zero(amount - int(amount))
        for lang in (code, code[:2], "en"):
            try:
                # a separator of our own, to leave out cents that are zero
                words = num2words(
                    float(amount),
                    lang=lang,
                    to="currency",
                    currency=currency.name,
                    **({"separator": "|"} if whole else {}),
                )
                return words.split("|")[0]
            except NotImplementedError:
                _logger.debug("num2words does not know %s in %s.", currency.name, lang)
        return currency.with_context(lang=self.env.lang).amount_to_text(amount)

    def _enclosed(self, action):
        """Return what goes with the message, in words."""
        level = action.level_id
        names = [
            level.attach_invoices and self.env._("copies of the invoices"),
            level.attach_statement and self.env._("statement of account"),
        ]
        return ", ".join(filter(None, names))

    # -------------------------------------------------------------------------
    # How to pay
    # -------------------------------------------------------------------------

    @api.model
    def _bank(self, action):
        """Return the account to pay to: the one most of the invoices name, else the company's first."""
        accounts = (
            action._standing_lines("claimed").move_id.sudo().filtered("partner_bank_id").grouped("partner_bank_id")
        )
        named = max(accounts, key=lambda bank: len(accounts[bank]), default=None)
        return named or self.env["credit.statement"]._company_banks(action.company_id)[:1]

    @api.model
    def _reference(self, action):
        """Return what the customer is to write on the transfer: the one invoice's reference, else the invoices' numbers."""
        moves = action._standing_lines("claimed").move_id.sudo()
        if len(moves) == 1:
            return moves.payment_reference or moves.name
        names = ", ".join(moves.mapped("name"))
        return names if len(names) <= TRANSFER_TEXT else action.partner_id.ref or action.partner_id.name

    @api.model
    def _qr_code(self, action, currency, amount, bank, reference):
        """Return the picture of a transfer of ``amount``, where core can make one; else False."""
        if not bank or currency.compare_amounts(amount, 0) <= 0:
            return False
        try:
            return bank.build_qr_code_base64(amount, reference, "", currency, action.partner_id, silent_errors=True)
        except RenderPMError as error:  # reportlab without its drawing backend: the IBAN is printed all the same
            _logger.warning("No QR code on letters: %s", error)
            return False

    def _sums(self, action, *kinds):
        return self._sum_words(action.env, action._totals(*kinds))

    @api.model
    def _sum_words(self, env, totals):
        """Return the amounts of several currencies, side by side."""
        return " + ".join(format_amount(env, amount, currency) for currency, amount in totals.items())

    def _charges(self, action, day):
        """Return the late-payment interest and indemnities that the level claims beside the items, by currency.

        ``grand_total`` adds what the items of the currency come to.
        """
        lines = action._standing_lines("claimed").move_line_id.sudo()
        if not action.level_id.claim_charges or not lines:
            return []
        net = action._totals("claimed", "credit")
        tables = self.env["credit.late.interest"].sudo()._letter_table(lines, day)
        letter = action.channel == "letter"
        for table in tables:
            table["grand_total"] = table["total"] + net.get(table["currency"], 0.0)
            table["in_words"] = self._in_words(table["grand_total"], table["currency"], letter)
        return tables

    @api.model
    def _unlawful(self, action):
        """Return why the law forbids this text, or False: collection costs are never claimed of a consumer (CPCE L111-8)."""
        if action.partner_id._followup_kind() != "consumer":
            return False
        if not legal_mention.is_mentioned(html2plaintext(self._own_text(action))):
            return False
        return self.env._(
            "The text claims collection costs of a consumer, which the law forbids: edit it, or choose another scenario."
        )

    def _own_text(self, action):
        """Return the text of the action or of its level as the customer reads it, its placeholders not filled."""
        return action.body or self._level_words(action.with_context(lang=self._lang(action)).level_id)[1]

    def _pay_url(self, line):
        """Return the page on which core lets the customer see and pay this invoice, or False."""
        move = line.move_id.sudo()
        if line.kind == "credit" or not move.access_token or not move._has_to_be_paid():
            return False
        return f"{move.get_base_url()}{move.access_url}?access_token={move.access_token}"

    def _ready(self, actions):
        """Prepare what the messages of the batch look up, for all of them at once."""
        self._ready_payment_links(actions)
        actions.line_ids.move_id.mapped("ref")  # one read for all

    def _ready_payment_links(self, actions):
        """Give the invoices of the batch their portal token, where customers may pay online.

        In SQL: through the ORM each posted invoice would be checked again as if its entries had changed.
        """
        if not str2bool(self.env["ir.config_parameter"].sudo().get_param("account_payment.enable_portal_payment")):
            return
        moves = actions.line_ids.move_id.sudo()
        moves.flush_recordset(["access_token"])
        self.env.cr.execute(
            SQL(
                """UPDATE account_move SET access_token = gen_random_uuid()::varchar
                    WHERE id IN %s AND access_token IS NULL AND move_type IN ('out_invoice', 'out_receipt')""",
                tuple(moves.ids) or (0,),
            )
        )
        moves.invalidate_recordset(["access_token"])
        moves.fetch(["transaction_ids"])
