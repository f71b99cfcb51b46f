from odoo import api, fields, models
from odoo.tools import SQL, clean_context, format_date


class CreditHold(models.Model):
    """What a dunning level puts on hold, for as long as something that its reminder claimed is open."""

    _inherit = "credit.hold"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _sql_still_claimed(self, action):
        """Return the condition that a reminder stands, and that something it claimed may still be claimed: by core's
        residual, which a payment matched with it reduces whatever its date.

        :param SQL action: the reminder's id
        """
        return SQL(
            """EXISTS (
                SELECT FROM credit_collection_action ca
                  JOIN credit_collection_action_line cl ON cl.action_id = ca.id AND cl.kind = 'claimed' AND cl.state <> 'void'
                  JOIN account_move_line cm ON cm.id = cl.move_line_id AND cm.parent_state = 'posted'
                                           AND cm.reconciled IS NOT TRUE
                                           AND (cm.amount_residual > 0 OR cm.amount_residual_currency > 0)
                 WHERE ca.id = %s AND ca.state = 'sent')""",
            action,
        )

    @api.model
    def _hold_by_level(self, actions):
        """Put on hold the customers of the reminders that have left, where their level says so: once for each reminder,
        and if something of it is still open.

        A level set by hand holds nobody: nothing has left.
        """
        holding = actions.sudo().filtered(lambda action: action.level_id.hold and action.channel != "manual")
        if not holding:
            return
        self._flush_facts()
        rows = self.env.execute_query(
            SQL(
                """SELECT a.id FROM credit_collection_action a
                    WHERE a.id IN %s AND NOT EXISTS (SELECT FROM credit_hold h WHERE h.action_id = a.id) AND %s""",
                tuple(holding.ids),
                self._sql_still_claimed(SQL("a.id")),
            )
        )
        found = holding.browse(action_id for (action_id,) in rows)
        for company, mine in found.grouped("company_id").items():
            # defaults of the client's context have no say
            holds = self.sudo().with_context(clean_context(self.env.context))
            holds = holds.with_context(lang=company.partner_id.lang or self.env.lang, tz=company._dunning_tz())
            holds.create([holds._prepare_level_vals(action) for action in mine.with_env(holds.env)])

    def _prepare_level_vals(self, action):
        day = fields.Datetime.context_timestamp(self, action.date_done or fields.Datetime.now()).date()
        return {
            # an action's customer may have become a contact since it was prepared
            "partner_id": action.partner_id.commercial_partner_id.id,
            "company_id": action.company_id.id,
            "kind": "level",
            "scope": action.level_id.hold,
            "date_from": day,
            "reason": self.env._(
                "Reminder “%(level)s” of %(day)s", level=action.level_id.name, day=format_date(self.env, day)
            ),
            "user_id": False,
            "action_id": action.id,
        }

    @api.model
    def _end_settled(self):
        """End the holds of levels of whose reminders nothing is open any more, or that came back: yesterday, their last
        day, is in the past, so that a payment undone later does not bring them back.
        """
        self._flush_facts()
        rows = self.env.execute_query(
            SQL(
                """UPDATE credit_hold h SET date_to = GREATEST(%(day)s::date, h.date_from) - 1,
                          write_uid = %(uid)s, write_date = now() AT TIME ZONE 'UTC'
                    WHERE h.kind = 'level' AND (h.date_to IS NULL OR h.date_to >= %(day)s) AND NOT %(claimed)s
                RETURNING h.id""",
                day=fields.Date.context_today(self),
                uid=self.env.uid,
                claimed=self._sql_still_claimed(SQL("h.action_id")),
            )
        )
        ended = self.browse(hold_id for (hold_id,) in rows)
        ended.invalidate_recordset(["date_to", "state"])
        for company, mine in ended.grouped("company_id").items():
            mine = mine.with_context(lang=company.partner_id.lang or self.env.lang)
            mine._log({hold: hold._settled_sentence() for hold in mine})

    def _settled_sentence(self):
        if self.action_id.state == "void":
            return self.env._("The hold is ended: %s. The reminder does not count any more.", self.reason)
        return self.env._("The hold is ended: %s. Nothing that it claimed is open any more.", self.reason)
