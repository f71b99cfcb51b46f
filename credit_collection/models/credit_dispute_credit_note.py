from odoo import models
from odoo.fields import Command

from ..tools import dispute as dispute_tools


class CreditDispute(models.Model):
    """The credit note that a founded dispute proposes, in draft: someone looks at it and posts it."""

    _inherit = "credit.dispute"  # pylint: disable=consider-merging-classes-inherited

    def _propose_credit_notes(self):
        """Return draft credit notes of the amount accepted that is not credited yet, one for each invoice.

        Of a whole invoice, core's reversal; of a part, a line for each account and set of taxes, in proportion, whose total
        with tax is the amount accepted. What is no invoice (an opening balance) is left to the accountant, and said so.
        """
        amounts = {}
        for line, amount in self._accepted_shares(self.sudo()._judgements()).items():
            if move := line.move_line_id.move_id:
                amounts[move] = amounts.get(move, 0.0) + amount
        amounts = {move: amount for move, amount in amounts.items() if not move.currency_id.is_zero(amount)}
        moves = self.env["account.move"]
        for move, amount in amounts.items():
            if move.move_type == "out_invoice":
                whole = not move.currency_id.compare_amounts(amount, move.amount_total)
                moves |= self._reverse_whole(move) if whole else self._reverse_part(move, amount)
            else:
                self._tell(self.env._("%s is no invoice: correct it by an entry of your own.", move.display_name))
        moves.sudo().with_context(skip_invoice_sync=True).write({"followup_dispute_id": self.id})
        return moves

    def _credit_notes_action(self, moves):
        """Return the action that opens these credit notes."""
        action = moves._get_records_action(name=self.env._("Credit Notes"))
        return {**action, "context": {"default_move_type": "out_refund"}}

    # -------------------------------------------------------------------------
    # Whole invoices, and parts
    # -------------------------------------------------------------------------

    def _prepare_credit_note(self, invoice):
        """Return what both kinds have in common, in the customer's words."""
        day = self.company_id._dunning_today()
        customer = self.with_context(lang=invoice.partner_id.lang or self.env.lang)
        return {
            "ref": customer.env._(
                "Credit on %(invoice)s: %(reason)s", invoice=invoice.name, reason=customer.reason_id.name
            ),
            "date": day,
            "invoice_date": day,
            "invoice_date_due": day,
            "invoice_payment_term_id": False,
            "invoice_user_id": invoice.invoice_user_id.id,
            "invoice_origin": invoice.invoice_origin,
            "journal_id": invoice.journal_id.id,
        }

    def _reverse_whole(self, invoice):
        return invoice._reverse_moves([self._prepare_credit_note(invoice)])

    def _reverse_part(self, invoice, amount):
        common = self._prepare_credit_note(invoice)
        credit_note = self.env["account.move"].create(
            {
                **common,
                "move_type": "out_refund",
                "reversed_entry_id": invoice.id,
                "company_id": invoice.company_id.id,
                "partner_id": invoice.partner_id.id,
                "partner_shipping_id": invoice.partner_shipping_id.id,
                "currency_id": invoice.currency_id.id,
                "fiscal_position_id": invoice.fiscal_position_id.id,
                "partner_bank_id": invoice.partner_bank_id.id,
                "invoice_line_ids": [
                    Command.create(vals) for vals in self._prepare_part_lines(invoice, amount, common["ref"])
                ],
            }
        )
        self._round_tax(credit_note, amount)
        return credit_note

    def _prepare_part_lines(self, invoice, amount, name):
        """Return the lines of a credit note of a part of the invoice: a line for each account, taxes and analytics."""
        lines = invoice.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        groups = lines.grouped(lambda line: (line.account_id, line.tax_ids, str(line.analytic_distribution)))
        groups = [(mine[0], sum(mine.mapped("price_total"))) for mine in groups.values()]
        shares = dispute_tools.proportion(
            amount, [total for _line, total in groups], invoice.currency_id.decimal_places
        )
        return [
            {
                "name": name,
                "quantity": 1.0,
                "account_id": line.account_id.id,
                "tax_ids": [Command.set(line.tax_ids.ids)],
                "analytic_distribution": line.analytic_distribution,
                "price_unit": self._price_of(line, share),
            }
            for (line, _total), share in zip(groups, shares, strict=True)
            if not invoice.currency_id.is_zero(share)
        ]

    def _price_of(self, line, total):
        """Return the unit price of a line with the taxes of this one whose total with tax is ``total``."""
        details = line.tax_ids._get_tax_details(
            total,
            1.0,
            precision_rounding=line.currency_id.rounding,
            product=line.product_id,
            special_mode="total_included",
        )
        included = sum(tax["tax_amount"] for tax in details["taxes_data"] if tax["tax"].price_include)
        return line.currency_id.round(details["total_excluded"] + included)

    def _round_tax(self, credit_note, amount):
        """Make up for a cent that no price reaches: in the tax, as an accountant would."""
        rest = credit_note.currency_id.round(credit_note.amount_total - amount)
        tax_lines = credit_note.line_ids.filtered("tax_line_id")
        if rest and tax_lines:
            largest = max(tax_lines, key=lambda line: abs(line.amount_currency))
            corrected = largest.amount_currency - rest
            credit_note.write({"line_ids": [Command.update(largest.id, {"amount_currency": corrected})]})
