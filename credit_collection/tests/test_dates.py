"""When a level leaves: S9, S10 and the hard cases about dates and levels."""

from freezegun import freeze_time

from odoo.tests import tagged

from .common import CollectionCommon


@tagged("post_install", "-at_install")
class TestDates(CollectionCommon):
    def test_s9_scenario_calendar(self):
        """Every level of the standard scenario leaves on its day, or on the next working day."""
        with freeze_time("2026-02-12"):
            self._invoice("2026-03-12")
        self._nights("2026-02-27", "2026-04-01")
        self.assertEqual(
            self._sent(),
            [
                ("2026-03-02", "Upcoming payment"),
                ("2026-03-12", "Due today"),
                ("2026-03-16", "Letter 1"),
                ("2026-03-26", "Letter 2"),
            ],
        )
        call = self.env["credit.collection.action"].search([("channel", "=", "call")])
        self.assertEqual(str(call.date_planned), "2026-03-19")
        self.assertEqual(call.state, "to_do")
        self._nights("2026-04-02", "2026-04-14")
        notice = self.env["credit.collection.action"].search([("level_id", "=", self.notice.id)])
        self.assertRecordValues(notice, [{"state": "to_confirm"}])
        self.assertEqual(str(notice.date_planned), "2026-04-13")

    def test_the_level_of_a_due_date_on_a_closed_day_leaves_on_the_next_working_day(self):
        """Due on a Saturday: the message of the day on Monday, as Friday's list said, and letter 1 on its own day."""
        with freeze_time("2026-03-10"):
            invoice = self._invoice("2026-03-21", date="2026-03-01")
        self._nights("2026-03-11", "2026-03-20")
        with freeze_time("2026-03-20"):
            item = self._item(invoice)
            self.assertEqual((item.next_level_id, str(item.next_date)), (self.due_today, "2026-03-23"))
        with freeze_time("2026-03-22"):
            item = self._item(invoice)
            self.assertEqual((item.next_level_id, str(item.next_date)), (self.due_today, "2026-03-23"))
        self._nights("2026-03-21", "2026-03-24")
        self.assertEqual(
            self._sent(),
            [("2026-03-11", "Upcoming payment"), ("2026-03-23", "Due today"), ("2026-03-24", "Letter 1")],
        )

    def test_s10_catch_up_one_step_a_run(self):
        with freeze_time("2026-02-12"):
            self._invoice("2026-03-12")
        self._night("2026-03-30")
        self._night("2026-03-30")
        self.assertEqual([level for _day, level in self._sent()], ["Letter 1"])
