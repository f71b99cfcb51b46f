from odoo import api, fields, models
from odoo.tools import html2plaintext

from ..tools import legal_mention
from ..tools import text as text_tools


class AccountMove(models.Model):
    _inherit = "account.move"

    followup_action_count = fields.Integer(
        compute="_compute_followup_action_count",
        string="Reminders",
        groups="account.group_account_invoice,account.group_account_readonly",
    )

    followup_level_id = fields.Many2one(
        "credit.dunning.level",
        string="Dunning Level",
        compute="_compute_followup_level_id",
        groups="account.group_account_invoice,account.group_account_readonly",
        help="The furthest level an open instalment of this invoice has reached.",
    )

    followup_interest = fields.Monetary(
        compute="_compute_followup_late",
        string="Late-Payment Interest",
        groups="account.group_account_invoice,account.group_account_readonly",
        help="Up to today, in the invoice's currency; without what was waived, paid or invoiced.",
    )
    followup_indemnity = fields.Monetary(
        compute="_compute_followup_late",
        string="Recovery Indemnity",
        currency_field="company_currency_id",
        groups="account.group_account_invoice,account.group_account_readonly",
        help="In the company's currency; nothing once it was waived, paid or invoiced.",
    )
    followup_interest_missing = fields.Char(
        compute="_compute_followup_late",
        groups="account.group_account_invoice,account.group_account_readonly",
    )

    def _compute_followup_level_id(self):
        items = self.env["credit.open.item"]._of_today().search([("move_id", "in", self.ids)])
        levels = {}
        for item in items.sorted(lambda item: item.dunning_level_id.day):
            levels[item.move_id.id] = item.dunning_level_id or levels.get(item.move_id.id)
        for move in self:
            move.followup_level_id = levels.get(move.id)

    def _compute_followup_action_count(self):
        groups = self.env["credit.collection.action.line"]._read_group(
            [
                ("move_line_id.move_id", "in", self.ids),
                ("action_id.state", "in", ("sent", "void")),
                ("action_id.is_test", "=", False),
            ],
            ["move_line_id"],
            ["action_id:array_agg_distinct"],
        )
        actions = {}
        for line, action_ids in groups:
            actions.setdefault(line.move_id.id, set()).update(action_ids)
        for move in self:
            move.followup_action_count = len(actions.get(move.id, ()))

    def _compute_followup_late(self):
        Late = self.env["credit.late.interest"]
        documents = Late._open_documents(self._origin, fields.Date.context_today(self))
        by_move = {document.move_id: document for document in documents if not document.line_id}
        for move in self:
            document = by_move.get(move._origin.id)
            move.followup_interest = document.interest if document else 0.0
            move.followup_indemnity = document.indemnity if document else 0.0
            move.followup_interest_missing = Late._missing_sentence(document.missing_from) if document else False

    def _followup_is_due_late(self):
        """Return whether anything is due for late payment, or would be if all rates were known."""
        return bool(self.followup_interest or self.followup_indemnity or self.followup_interest_missing)

    def unlink(self):
        # EXTENDS 'account': what is claimed for late payment goes with the invoice; what was settled keeps it
        self.env["credit.late.claim"]._forget(self)
        return super().unlink()

    def action_followup_waive(self):
        """Ask why the indemnity of these invoices is given up, claimed or not yet. Credit managers only.

        :raise AccessError: for anybody else
        """
        Claim = self.env["credit.late.claim"]
        Claim._check_waiver()
        return Claim._wizard_action("credit.late.waiver", self.env._("Waive the Indemnity"), default_move_ids=self.ids)

    def action_followup_actions(self):
        """Open the reminders in which this invoice was listed."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("credit_collection.credit_collection_action_action")
        action["domain"] = [("line_ids.move_line_id.move_id", "=", self.id), ("is_test", "=", False)]
        action["context"] = {}
        return action

    @api.depends(
        "line_ids.amount_residual", "partner_id", "invoice_date", "invoice_date_due", "invoice_payment_term_id"
    )
    def _compute_alerts(self):
        # EXTENDS 'account'
        return super()._compute_alerts()

    def _get_alerts(self):
        """EXTENDS 'account': since when the invoice is late, the level it has reached and what comes next; and whether
        its due date is later than the law allows."""
        alerts = super()._get_alerts()
        if self._is_followed_up():
            items = (
                self.env["credit.open.item"]
                ._of_today()
                .search([("move_id", "=", self._origin.id), ("days_overdue", ">", 0)])
            )
            if items:
                profile = self.commercial_partner_id._followup_profiles(self.company_id)
                alerts["credit_collection"] = {
                    "level": "warning",
                    "message": items[0]._banner(),
                    "action_text": self.env._("Collection file") if profile else False,
                    "action": profile._get_records_action() if profile else False,
                }
        if self.env.user.has_groups("account.group_account_readonly,account.group_account_invoice"):
            too_late = self.env["credit.legal.terms"]._invoice_warning(self)
            if too_late:
                alerts["credit_collection_terms"] = {"level": "warning", "message": too_late}
        return alerts

    def _followup_customer_reference(self):
        """Return the purchase-order number the customer gave us. Core writes our own order's number where there is none."""
        ours = (self.invoice_origin or "").split(", ")
        return ", ".join(reference for reference in (self.ref or "").split(", ") if reference not in ours)

    def _is_followed_up(self):
        return (
            self.is_sale_document(include_receipts=True)
            and self.state == "posted"
            and self.env["credit.open.item"].has_access("read")
        )

    # -- the mention of late payment (C. com. L441-9, L441-10 II) -------------

    def _followup_legal_mention(self):
        """Return the mention of penalties and indemnity that the law wants on this invoice, or an empty text.

        Plain text in the language of the context. None on credit notes, for consumers, and where the invoice's own
        terms already bear it.
        """
        self.ensure_one()
        company = self.company_id
        if (
            not company.followup_invoice_mentions
            or self.move_type != "out_invoice"
            or self.commercial_partner_id._followup_kind() == "consumer"
            or legal_mention.is_mentioned(self._followup_printed_terms())
        ):
            return ""
        values = {
            "rate": self._followup_penalty_rate_words(),
            "law": self._followup_mention_law(),
            "no_discount": ""
            if self.invoice_payment_term_id.early_discount
            else self.env._("No discount for early payment."),
        }
        return text_tools.fill(company._followup_mention_wording(), values).strip()

    def _followup_printed_terms(self):
        """Return as plain text what the invoice says of its payment: terms and conditions, payment terms, footer."""
        parts = (self.narration, self.invoice_payment_term_id.note, self.company_id.report_footer)
        return "\n".join(html2plaintext(part or "") for part in parts)

    def _followup_penalty_rate_words(self):
        """Return the penalty rate in words, as they follow “penalties at the”; a formula is enough for the law.

        Professionals: C. com. L441-10 II; public bodies: CCP R2192-31.
        """
        kind = self.commercial_partner_id._followup_kind()
        policy = self.env["credit.late.interest"]._policy(self.company_id, kind)
        if policy.basis == "contract":
            return self.env._("annual rate of %s", policy._format_rate(policy.contract_rate))
        if kind == "public":
            return self.env._(
                "rate applied by the European Central Bank to its most recent main refinancing operations, in force on "
                "the first day of the half-year in which they begin to run, plus 8 percentage points"
            )
        return self.env._(
            "interest rate applied by the European Central Bank to its most recent refinancing operation, plus "
            "10 percentage points"
        )

    def _followup_mention_law(self):
        if self.commercial_partner_id._followup_kind() == "public":
            return self.env._("art. L2192-13, R2192-31 and D2192-35 of the French Public Procurement Code")
        return self.env._("art. L441-10 and D441-5 of the French Commercial Code")
