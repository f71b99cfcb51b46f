from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL, format_amount, format_date, get_lang, str2bool

from ..tools import text as text_tools

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
            "credits",
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
        """Return ``subject``, ``text`` (the level's words, filled but for ``{items}``) and ``html`` (the whole mail).

        In the language of the recipient, else of the customer, else of the company.
        """
        lang = action.recipient_id.lang or action.partner_id.lang or action.company_id.partner_id.lang
        lang = get_lang(self.env, lang).code
        action = action.with_context(lang=lang)
        values = self.with_context(lang=lang)._render_values(action)
        text = action.body or text_tools.fill(Markup(action.level_id.text or ""), values["words"])
        subject = action.subject or text_tools.fill(action.level_id.subject or "", values["words"])
        qweb = self.env["ir.qweb"].with_context(lang=lang)
        items = qweb._render("credit_collection.dunning_email_items", values, lang=lang)
        values.update(subject=subject, before=text, after=items)
        if ITEMS in text:
            values["before"], after = text.split(ITEMS, 1)
            values["after"] = items + after
        html = qweb._render("credit_collection.dunning_email", values, lang=lang)
        return {"subject": subject, "text": text, "html": html}

    def _render_values(self, action):
        """Return what the mail's template shows: the words for the placeholders, and the items grouped by currency."""
        env = action.env
        today = action.company_id._dunning_today()
        lines = action._standing_lines()
        claimed = action._standing_lines("claimed")
        oldest = min(claimed.mapped("date_maturity"), default=False)
        words = {
            "customer": action.partner_id.name,
            "contact": action.recipient_id.name or action.partner_id.name,
            "company": action.company_id.name,
            "amount": self._sums(action, "claimed"),
            "net_amount": self._sums(action, "claimed", "credit"),
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
        groups = [
            {
                "currency": currency,
                "has_late": any(line.kind == "credit" or today > line.date_maturity for line in mine),
                "links": {line: url for line in mine if (url := self._pay_url(line))},
                "has_ref": any(line.move_id.ref and line.move_id.is_sale_document() for line in mine),
                "lines": mine.sorted(
                    lambda line: (("claimed", "credit", "not_due").index(line.kind), line.date_maturity)
                ),
                "total": sum(mine.filtered(lambda line: line.kind != "not_due").mapped("amount")),
            }
            for currency, mine in sorted(lines.grouped("currency_id").items(), key=lambda item: item[0].name)
        ]
        return {
            "action": action,
            "company": action.company_id,
            "today": today,
            "groups": groups,
            "words": words,
            "format_amount": lambda amount, currency: format_amount(env, amount, currency),
            "format_date": lambda date: format_date(env, date),
        }

    def _sums(self, action, *kinds):
        amounts = (format_amount(action.env, amount, currency) for currency, amount in action._totals(*kinds).items())
        return " + ".join(amounts)

    def _pay_url(self, line):
        """Return the page on which core lets the customer see and pay this invoice, or False."""
        move = line.move_id.sudo()
        if line.kind == "credit" or not move.access_token or not move._has_to_be_paid():
            return False
        return f"{move.get_base_url()}{move.access_url}?access_token={move.access_token}"

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
