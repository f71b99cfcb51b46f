"""What the tests of run.py share: how they start workers, and how they judge what these leave behind."""

import unittest

from stage import Stage

CUSTOMERS = 30
# Where a mail that did not leave is to be found by a person, or by the next run.
LISTS = {"to_confirm", "queued", "failed"}


class ProcessCase(unittest.TestCase):
    """A test on a fresh copy of the ledger."""

    stages: list[Stage] = []

    def setUp(self):
        self.stage = self.stages[0]
        self.stage.reset()
        self.sink = self.stage.sink

    # -- doing ---------------------------------------------------------------

    def run_well(self, job: str = "nightly_run", on: Stage | None = None, **values):
        """Do a job that is to end without an error."""
        worker = (on or self.stage).do(job, **values)
        self.assert_no_error(worker)
        self.assertEqual(worker.status, 0)
        return worker

    def press(self, method: str, *actions: dict) -> None:
        self.run_well("press", method=method, ids=[action["id"] for action in actions])

    def look(self) -> dict:
        return self.stage.look()

    # -- judging -------------------------------------------------------------

    def assert_no_error(self, worker) -> None:
        if worker.error:
            self.fail(worker.error)

    def assert_safe(self, where: Stage | None = None) -> dict:
        """Nothing went twice, and nothing left the lists; return what was seen."""
        where = where or self.stage
        seen = where.look()
        mailed = where.sink.counts()
        self.assertFalse({who: times for who, times in mailed.items() if times > 1}, "mails that went twice")
        message_ids = [message_id for _recipient, message_id in where.sink.accepted]
        self.assertEqual(len(message_ids), len(set(message_ids)), "Message-IDs used twice")
        standing = self.standing(seen)
        for item in seen["items"]:
            who = item["customer"]
            self.assertLessEqual(len(standing.get(who, [])), 1, f"{who} stands in two actions")
            action = next(iter(standing.get(who, [])), None)
            if mailed[who]:
                self.assertTrue(action, f"{who} got a mail that nobody knows of")
                self.assertTrue(action["state"] == "sent" or action["to_check"], f"{who} got a mail: {action}")
            else:
                listed = action and (action["state"] in LISTS or action["to_check"])
                waits = item["chase_state"] in ("chase", "excluded")
                self.assertTrue(listed or waits, f"{who} is lost: {item}, {action}")
            self.assert_level(item, action)
        for action in seen["actions"]:
            self.assertEqual(action["to_check"], action["shown_to_check"])
        return seen

    def assert_level(self, item: dict, action: dict | None) -> None:
        """The item has reached the level of what was sent, and of nothing else."""
        reached = action["level"] if action and action["state"] == "sent" else False
        self.assertEqual(item["level"], reached, f"{item}, {action}")

    def assert_all_sent(self, where: Stage | None = None) -> dict:
        """Every customer has got its mail, once, and the history shows it once."""
        where = where or self.stage
        seen = self.assert_safe(where)
        chased = {item["customer"] for item in seen["items"] if item["chase_state"] != "excluded"}
        self.assertEqual(chased, set(where.sink.counts()), "customers with a mail")
        self.assertEqual({action["state"] for action in seen["actions"]}, {"sent"})
        self.assert_history(seen)
        self.assertEqual(seen["locks"], 0, "advisory locks left behind")
        return seen

    def assert_history(self, seen: dict) -> None:
        """What was sent stands once in the customer's history and once in the invoice's; nothing else does."""
        sent = {action["customer"] for action in seen["actions"] if action["state"] == "sent"}
        for profile in seen["profiles"]:
            self.assertEqual(profile["mails"], profile["customer"] in sent, f"mails in the history of {profile}")
        for item in seen["items"]:
            self.assertEqual(item["notes"], item["customer"] in sent, f"notes on the invoice of {item}")

    def standing(self, seen: dict) -> dict[str, list[dict]]:
        """The actions of each customer that are neither void nor cancelled."""
        actions: dict[str, list[dict]] = {}
        for action in seen["actions"]:
            if action["state"] not in ("void", "cancelled"):
                actions.setdefault(action["customer"], []).append(action)
        return actions

    def by_state(self, seen: dict, state: str) -> list[dict]:
        return [action for action in seen["actions"] if action["state"] == state]

    def to_check(self, seen: dict) -> list[dict]:
        return [action for action in seen["actions"] if action["to_check"]]

    def activities(self, seen: dict) -> dict[str, list[str]]:
        return {profile["customer"]: profile["activities"] for profile in seen["profiles"] if profile["activities"]}
