"""Query counts do not grow with customers or items."""

from freezegun import freeze_time

from odoo.tests import tagged

from .common import CollectionCommon

DAY = "2026-03-16"


@tagged("post_install", "-at_install")
@freeze_time(DAY)
class TestQueries(CollectionCommon):
    def _customers(self, count):
        partners = self.env["res.partner"].create(
            [
                {"name": f"Customer {i}", "email": f"c{i}@customer.example.com", "is_company": True}
                for i in range(count)
            ]
        )
        for partner in partners:
            self._invoice("2026-03-09", 100, partner)
            self._invoice("2026-03-10", 100, partner)
        self.env.flush_all()
        self.env.invalidate_all()
        return partners

    def test_preparing_takes_as_many_queries_for_twenty_customers_as_for_two(self):
        Action = self.env["credit.collection.action"]
        self._customers(2)
        few = self._queries(self.env["credit.dunning.run"]._prepare)
        self._customers(20)
        many = self._queries(self.env["credit.dunning.run"]._prepare)
        self.assertEqual(len(Action.search([])), 22)
        self.assertLessEqual(many, few)

    def test_describing_the_fields_to_the_screens_reads_nothing(self):
        """Core asks a query of each field what can be done with it: the long statements are not put together for that."""
        for name in ("credit.open.item", "credit.customer.position", "credit.exposure"):
            Model = self.env[name].with_user(self.collector)
            described = Model.fields_get()
            self.assertEqual(described["partner_id"]["groupable"], True)
            self.assertEqual(self._queries(Model.fields_get) - self._queries(lambda: None), 0, name)
            self.assertFalse(Model.search([("id", "in", [])]) | Model.search([("id", "=", False)]))
            self.assertEqual(Model._read_group([("id", "in", [])], [], ["__count"]), [(0,)])

    def test_reading_the_list_takes_as_many_queries_for_forty_items_as_for_four(self):
        def read():
            items = self.env["credit.open.item"].search([("company_id", "=", self.company.id)])
            items.web_read(
                {name: {} for name in ("partner_id", "move_name", "amount_residual", "chase_sentence", "next_date")}
            )

        self._customers(2)
        read()
        few = self._queries(read)
        self._customers(20)
        self.assertLessEqual(self._queries(read), few)

    def test_a_mail_costs_two_queries(self):
        """What it is about to be and what it has become, each committed."""
        self.assertLess(self._queries_of_a_mail(), 2.5)

    def test_a_statement_that_goes_with_a_mail_costs_no_query_of_its_own(self):
        """They are printed, named and kept together."""
        self.letter1.attach_statement = True
        self.patch(
            self.env.registry["credit.statement"],
            "_pdf",
            lambda statement, pairs, day=False: dict.fromkeys(pairs, b"%PDF"),
        )
        self.assertLess(self._queries_of_a_mail(), 2.5)
        self.assertEqual(set(map(len, (mail["attachments"] for mail in self.outbox))), {1})

    def _queries_of_a_mail(self):
        """Return what each further mail adds: the batch shares its reads, and the first one reads the texts."""
        self._queries_of_mails(5)
        few, many = self._queries_of_mails(5), self._queries_of_mails(40)
        self.assertEqual(len(self.outbox), 50)
        return (many - few) / 35

    def _queries_of_mails(self, count):
        self._customers(count)
        self.env["credit.profile"]._create_missing(self.company)
        self.env["credit.dunning.run"]._prepare()
        return self._queries(self.env["credit.dunning.mailer"]._send_queued)
