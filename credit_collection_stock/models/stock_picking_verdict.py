from odoo import models

from odoo.addons.credit_collection.models.credit_control import Ask
from odoo.addons.credit_collection.tools.verdict import Reason, Verdict

# Who reads sentences with amounts; everybody else gets the short ones.
READERS = (
    "account.group_account_readonly",
    "account.group_account_invoice",
    "sales_team.group_sale_salesman",
)


class StockPicking(models.Model):
    _inherit = "stock.picking"  # pylint: disable=consider-merging-classes-inherited

    # -------------------------------------------------------------------------
    # Which, and whose
    # -------------------------------------------------------------------------

    def _followup_customers(self):
        """Return who owes for each delivery of ``self``, as ``{delivery: commercial partner}``.

        A delivery is what leaves for a customer: the last step of several, or straight from a supplier for an order. Neither
        returns, receipts nor internal moves, nor what was handed over at a point of sale: all these are not in it.
        """
        leaving = self.sudo().filtered(
            lambda picking: picking.state not in ("done", "cancel") and picking._followup_leaves()
        )
        leaving -= leaving._followup_handed_over()
        customers = {
            picking: picking.sale_id._followup_customer()
            if picking.sale_id
            else picking.partner_id.commercial_partner_id
            for picking in leaving
        }
        return {picking: customer for picking, customer in customers.items() if customer}

    def _followup_leaves(self):
        """Return whether goods go to a customer: the moves may go elsewhere than the transfer says they do."""
        legs = [(self.location_id, self.location_dest_id)]
        legs += [
            (move.location_id, move.location_dest_id) for move in self.move_ids if move.state not in ("done", "cancel")
        ]
        return any(
            destination.usage == "customer"
            and source.usage != "customer"
            and (source.usage != "supplier" or self.sale_id)
            for source, destination in legs
        )

    def _followup_handed_over(self):
        """Return those of a point of sale. It notes itself on a picking only once that is done: until then, the operation
        type of a shop tells, where there is no sales order.
        """
        if not self or "pos_session_id" not in self._fields:
            return self.browse()
        of_type = [("picking_type_id", "in", self.picking_type_id.ids)]
        shops = self.env["pos.config"].with_context(active_test=False).search(of_type)
        return self.filtered(
            lambda picking: (
                picking.pos_session_id
                or picking.pos_order_id
                or (not picking.sale_id and picking.picking_type_id in shops.picking_type_id)
            )
        )

    def _followup_orders(self):
        """Return the sales orders of the deliveries; a supplier's may be of several."""
        return self.sale_id | self.move_ids.sale_line_id.order_id

    # -------------------------------------------------------------------------
    # The verdict
    # -------------------------------------------------------------------------

    def _followup_verdicts(self):
        """Return what the credit rules make of each delivery of ``self`` today, as ``{delivery: Verdict}``; releases and
        payment in full are taken into account. What is no delivery (see ``_followup_customers``) is not in it.
        """
        customers = self._followup_customers()
        firsts = {}  # deliveries add nothing to the exposure: one judgment per customer does for all of them
        for picking, customer in customers.items():
            firsts.setdefault((customer, picking.company_id), picking)
        judged = self.env["credit.control"]._verdicts(
            [Ask(picking, customer, company, 0.0, "deliveries") for (customer, company), picking in firsts.items()]
        )
        verdicts = {picking: judged[firsts[customer, picking.company_id]] for picking, customer in customers.items()}
        return verdicts | self._followup_after_releases(verdicts, customers)

    def _followup_after_releases(self, verdicts, customers):
        """Return the verdicts that the order itself, its release or payment, or the delivery's own release change."""
        held_orders = {picking: picking._followup_held_orders() for picking in verdicts}
        doubtful = (
            self.browse()
            .sudo()
            .concat(*(picking for picking, verdict in verdicts.items() if verdict.blocks or held_orders[picking]))
        )
        if not doubtful:
            return {}
        covered = doubtful._followup_orders()._followup_covered()
        releases = self.env["credit.request"].sudo()._in_force_deliveries(doubtful)
        releases = {
            picking: request for picking, request in releases.items() if request.partner_id == customers[picking]
        }
        changed = {}
        for picking in doubtful:
            verdict, orders = verdicts[picking], picking._followup_orders()
            if picking in releases:
                verdict = verdict.released(before=releases[picking].decided_on)
            elif orders and orders <= covered:
                verdict = verdict.released(but=("hold",))
            else:
                order_reasons = (picking._followup_order_reason(order) for order in held_orders[picking] - covered)
                verdict = Verdict((*order_reasons, *verdict.reasons))
            changed[picking] = verdict
        return changed

    def _followup_held_orders(self):
        return self._followup_orders().filtered(lambda order: order.followup_credit_state in ("hold", "refused"))

    def _followup_order_reason(self, order):
        if order.followup_credit_state == "refused":
            sentence = self.env._("The release of the order %s was refused.", order.name)
        else:
            sentence = self.env._("The order %s is on hold: have it released first.", order.name)
        return Reason("order", "block", sentence)

    # -------------------------------------------------------------------------
    # In words
    # -------------------------------------------------------------------------

    def _followup_sentences(self, verdicts, short=None):
        """Return why the blocked ones of ``self`` do not leave: with the figures for who may read them, else in short, and
        whom to ask.

        :param short: whatever the user may read; for what stays on the record, which everybody reads
        """
        blocked = self.filtered(lambda picking: picking in verdicts and verdicts[picking].blocks)
        if short is None:
            short = not self._followup_reads_figures()
        if not short:
            return {picking: verdicts[picking].sentences("block") for picking in blocked}
        people, customers = blocked._followup_people(), blocked._followup_customers()
        sentences = {}
        for picking in blocked:
            reasons = [reason for reason in verdicts[picking].reasons if reason.severity == "block"]
            lines = dict.fromkeys(self._followup_short(reason, customers[picking].display_name) for reason in reasons)
            sentences[picking] = "\n".join([*lines, self._followup_whom_to_ask(people[picking])])
        return sentences

    def _followup_reads_figures(self):
        return any(self.env.user.has_group(group) for group in READERS)

    def _followup_short(self, reason, customer):
        """Return the reason without amounts or what is behind it."""
        if reason.rule == "order":
            return reason.sentence
        if reason.rule == "hold":
            return self.env._("%s is on hold.", customer)
        if reason.rule == "limit":
            return self.env._("%s is over its credit limit.", customer)
        if reason.rule == "expired":
            return self.env._("The credit limit of %s has expired.", customer)
        if reason.rule == "overdue":
            return self.env._("%s has overdue invoices.", customer)
        return self.env._("Credit control holds what is sold to %s.", customer)

    def _followup_whom_to_ask(self, people):
        if not people:
            return self.env._("Ask a credit manager to have it released.")
        return self.env._("Ask %s to have it released.", " / ".join(people.mapped("name")))

    def _followup_people(self):
        """Return who can do something about each delivery: the order's salesperson, and a credit manager of the company."""
        pickings = self.sudo()
        managers = self.env["credit.profile"]._managers(pickings.company_id)
        return {
            picking: picking._followup_orders().user_id.filtered("active") | managers[picking.company_id]
            for picking in pickings
        }
