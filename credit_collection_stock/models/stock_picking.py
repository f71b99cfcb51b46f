from collections.abc import Mapping

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import plaintext2html

JUDGED = "followup_judged"
ACTIVITY = "credit_collection_stock.mail_activity_delivery"


class _Judged(frozenset):
    """The ids of transfers that are judged and may leave. Put into the context by this module alone: what a client sends is
    never an instance."""


def _without_proof(value):
    """Return an action as core returned it, without the proof, which is of this call and not of what a wizard validates later."""
    if isinstance(value, Mapping):
        return {key: _without_proof(item) for key, item in value.items() if key != JUDGED}
    return [_without_proof(item) for item in value] if isinstance(value, list) else value


class StockPicking(models.Model):
    _inherit = "stock.picking"

    followup_credit_state = fields.Selection(
        [("hold", "On hold"), ("released", "Released"), ("refused", "Refused")],
        string="Credit",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="base.group_user",
        help="What credit control last said of the delivery. Empty: nothing stopped it so far, or it has left.",
    )
    followup_credit_warning = fields.Text(
        compute="_compute_followup_credit_warning",
        string="Reason of the Hold",
        groups="base.group_user",
        help="Why the delivery would not leave if it were validated now.",
    )
    followup_is_asked = fields.Boolean(
        compute="_compute_followup_is_asked", string="Release Asked For", groups="base.group_user"
    )

    # -------------------------------------------------------------------------
    # Computes
    # -------------------------------------------------------------------------

    @api.depends("state", "followup_credit_state", "partner_id", "sale_id", "location_id", "location_dest_id")
    @api.depends_context("uid", "lang")
    def _compute_followup_credit_warning(self):
        sentences = self._origin._followup_sentences(self._origin._followup_verdicts())
        for picking in self:
            picking.followup_credit_warning = sentences.get(picking._origin)

    def _compute_followup_is_asked(self):
        asked = self.env["credit.request"].sudo().search([("picking_id", "in", self.ids), ("state", "=", "open")])
        for picking in self:
            picking.followup_is_asked = picking._origin in asked.picking_id

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                self._followup_check_vals(vals)
            # said outright, so that no default of the context takes its place
            vals_list = [{**vals, "followup_credit_state": False} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        self._followup_check_vals(vals)
        held = self.browse()
        if {"partner_id", "sale_id"} & vals.keys() and not self.env["credit.control"]._decides():
            verdicts = self._followup_verdicts()
            held = self.filtered(lambda picking: picking in verdicts and verdicts[picking].blocks)
        customers = held._followup_customers()
        result = super().write(vals)
        held._followup_check_same(customers)
        return result

    def _followup_check_same(self, customers):
        """Refuse to make what is held over to another customer, or to none."""
        after = self._followup_customers()
        for picking, customer in customers.items():
            if after.get(picking) != customer:
                raise AccessError(
                    self.env._(
                        "%s is held by credit control and stays its customer's: ask for its release.", picking.name
                    )
                )

    def _followup_check_vals(self, vals):
        if "followup_credit_state" in vals and not self.env.su:
            raise AccessError(
                self.env._("What credit control says of a delivery is not written by hand: ask for its release.")
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_credit_decided(self):
        """What was decided about a delivery stays on record, and the delivery with it."""
        self.env["credit.request"].sudo().search([("picking_id", "in", self.ids)])._unlink_except_decided()

    # -------------------------------------------------------------------------
    # Leaving
    # -------------------------------------------------------------------------

    def button_validate(self):
        """EXTENDS 'stock': deliveries that the credit rules block stay; the others go on as usual, and all is told.

        Judged before any wizard. When some are blocked, the others are validated by a call of their own: so what other
        modules do around it never sees those that stay, whichever module comes first.
        """
        self.check_access("write")  # before anything is put on hold in sudo
        blocked = self._followup_not_judged()._followup_judge()
        allowed = self.filtered(lambda picking: picking not in blocked)
        allowed = allowed.with_context(**{JUDGED: _Judged(allowed.ids)})
        if not blocked:
            return _without_proof(super(StockPicking, allowed).button_validate())
        result = allowed.with_context(button_validate_picking_ids=False).button_validate() if allowed else True
        return (self - allowed)._followup_notification(blocked, result)

    def _action_done(self):
        """EXTENDS 'stock': for those who come by another way than the button.

        :raise UserError: for a delivery that the credit rules block
        """
        unjudged = self._followup_not_judged()
        for picking, sentence in unjudged._followup_sentences(unjudged._followup_verdicts()).items():
            raise UserError(picking._followup_title() + "\n" + sentence)
        result = super()._action_done()
        self.filtered(lambda picking: picking.state == "done")._followup_clear()
        return result

    def _followup_not_judged(self):
        judged = self.env.context.get(JUDGED)
        return self.filtered(lambda picking: picking.id not in judged) if isinstance(judged, _Judged) else self

    def _followup_notification(self, verdicts, result):
        """Return the message that these stay; then core's action, if it returned one for the others."""
        sentences = self._followup_sentences(verdicts)
        if len(self) == 1:
            title, message = self._followup_title(), sentences[self]
        else:
            title = self.env._("%s deliveries are held by credit control", len(self))
            message = "\n".join(f"{picking.name}: {sentence}" for picking, sentence in sentences.items())
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger",
                "sticky": True,
                "className": "text-prewrap",
                "title": title,
                "message": message,
                "next": result if isinstance(result, dict) else {"type": "ir.actions.act_window_close"},
            },
        }

    def _followup_title(self):
        self.ensure_one()
        return self.env._("%s is held by credit control", self.name)

    # -------------------------------------------------------------------------
    # On hold, released, freed
    # -------------------------------------------------------------------------

    def _followup_judge(self):
        """Put the deliveries that are blocked on hold, free those that are not any more.

        :return: the verdict on each of the blocked ones
        """
        orders = self.browse().sudo().concat(*self._followup_customers())._followup_held_orders()
        orders.filtered(lambda order: order.followup_credit_state == "hold")._followup_recheck()
        verdicts = self._followup_verdicts()
        blocked = self.filtered(lambda picking: picking in verdicts and verdicts[picking].blocks)
        (self - blocked)._followup_free()
        blocked._followup_hold(verdicts)
        return {picking: verdicts[picking] for picking in blocked}

    def _followup_judge_again(self):
        """Judge those that credit control has said something of, in the language of their company."""
        known = self.sudo().filtered(
            lambda picking: picking.followup_credit_state and picking.state not in ("done", "cancel")
        )
        for company, pickings in known.grouped("company_id").items():
            pickings.with_context(lang=company.partner_id.lang)._followup_judge()

    def _followup_hold(self, verdicts):
        """Put these on hold, unless they are, and tell the salesperson and a credit manager."""
        held = self.filtered(lambda picking: picking.sudo().followup_credit_state not in ("hold", "refused"))
        if not held:
            return
        # everybody reads the record: no figures there
        sentences = held._followup_sentences(verdicts, short=True)
        title = Markup("<b>%s</b>") % self.env._("Held by credit control")
        notes = {picking.id: title + plaintext2html(sentence) for picking, sentence in sentences.items()}
        held._followup_set_state("hold", notes)
        self.env["mail.activity"]._followup_ask(ACTIVITY, held._followup_people(), sentences)

    def _followup_free(self):
        """Nothing holds these any more."""
        freed = self.filtered(lambda picking: picking.sudo().followup_credit_state in ("hold", "refused"))
        note = self.env._("Nothing holds the delivery any more: it can leave.")
        freed._followup_set_state(False, dict.fromkeys(freed.ids, note))
        freed._followup_settle()

    def _followup_clear(self):
        """These have left, or will not: nobody has to decide about them."""
        marked = self.filtered(lambda picking: picking.sudo().followup_credit_state)
        marked._followup_set_state(False)
        marked._followup_settle()

    def _followup_decide(self, state, request):
        """Write down that a credit manager has released the delivery, or refused to."""
        before = request._document_state()
        self._followup_set_state(state)
        self._message_log(body=request.sudo()._decision_note(before))
        self._followup_settle()

    def _followup_set_state(self, state, notes=None):
        """The one way the state changes. ``notes``: what the record says of it, by id."""
        if self:
            self.sudo().write({"followup_credit_state": state})
        if notes:
            self._message_log_batch(bodies=notes)

    def _followup_settle(self):
        """Nobody has to do anything, or to decide, about these any more."""
        if self:
            self.env["mail.activity"]._followup_open([ACTIVITY], self).unlink()
            waiting = [("picking_id", "in", self.ids), ("state", "=", "open")]
            self.env["credit.request"].sudo().search(waiting).action_cancel()

    # -------------------------------------------------------------------------
    # Buttons and schedule
    # -------------------------------------------------------------------------

    def action_cancel(self):
        """EXTENDS 'stock': what is cancelled is not held."""
        result = super().action_cancel()
        self._followup_clear()
        return result

    def action_followup_ask(self):
        """Open the dialog to ask for the release of the delivery; or the request that waits for a decision.

        :raise AccessError: for a delivery the user may not change
        :raise UserError: for one that nothing holds
        """
        self.ensure_one()
        self.check_access("write")
        Request = self.env["credit.request"]
        if waiting := Request.new({"kind": "release", "picking_id": self.id})._open_release():
            return waiting.with_env(self.env)._get_records_action()
        if not self._followup_judge():
            raise UserError(self.env._("Nothing holds %s: validate it.", self.name))
        return Request._open_dialog(
            self.env._("Ask for Release"),
            kind="release",
            picking_id=self.id,
            partner_id=self._followup_customers()[self].id,
            company_id=self.company_id.id,
        )

    @api.model
    def _cron_followup_recheck(self):
        """Every night: judge the deliveries held or released again."""
        waiting = [("followup_credit_state", "!=", False), ("state", "not in", ("done", "cancel"))]
        self.search(waiting)._followup_judge_again()
