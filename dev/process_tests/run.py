"""Exactly-once, tried with real processes on a real PostgreSQL and over real SMTP.

python dev/process_tests/run.py [TEST …]      after `. dev/setup.sh`

Workers are killed, hung and let loose on each other (worker.py); the mails are counted where they arrive, at an SMTP
server on loopback (stage.py). The last line is `N passed, N failed`.
"""

import argparse
import json
import os
import signal
import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import stage
from case import CUSTOMERS, ProcessCase
from stage import Stage

STAGES = max(2, min(4, os.cpu_count() or 2))
# For the kills: several batches and chunks of few customers instead of one of each.
SMALL = {"BATCH": 4, "CHUNK": 4}
FEW = 9
# Meetings of several workers: five, since each goes its own way.
MEETINGS = ({}, SMALL, {}, SMALL, {"BATCH": 1, "CHUNK": 1})


def fault(effect: str, when: str, point: str, number: int = 1) -> dict:
    return {"effect": effect, "when": when, "point": point, "count": number}


class TestKills(ProcessCase):
    def test_killed_before_or_after_any_commit_nothing_goes_twice_and_nothing_is_lost(self):
        for when in ("before", "after"):
            kills = self.kill_everywhere("commit", when)
            self.assertGreater(kills, 2 * FEW)  # each mail is committed before and after
            print(f"    {kills} kills {when} a commit", flush=True)

    def test_killed_before_or_after_any_hand_over_nothing_goes_twice_and_nothing_is_lost(self):
        for when in ("before", "after"):
            self.assertEqual(self.kill_everywhere("mail", when), FEW)

    def kill_everywhere(self, point: str, when: str) -> int:
        """Kill a run at its first, second, third … such place, on all stages at a time. Return how many there were."""
        with ThreadPoolExecutor(len(self.stages)) as pool:
            strides = [
                pool.submit(self.kill_at_every, point, when, where, range(first, 1000, len(self.stages)))
                for first, where in enumerate(self.stages, 1)
            ]
            return sum(stride.result() for stride in strides)

    def kill_at_every(self, point: str, when: str, where: Stage, numbers) -> int:
        """Kill a run at each of these places, until one runs through unharmed. Return how many were killed."""
        self.start_small(where)
        for kills, number in enumerate(numbers):
            where.rewind()
            worker = where.do("nightly_run", fault("die", when, point, number))
            try:
                if not worker.killed:
                    self.assert_no_error(worker)
                    self.assert_all_sent(where)
                    return kills
                self.assert_recovery(where)
            except AssertionError as error:
                raise AssertionError(f"killed {when} {point} {number}: {error}") from error
        raise AssertionError("the run never ended")

    def start_small(self, where: Stage) -> None:
        """All customers but a few have their invoices blocked: fewer places to be killed at."""
        where.reset()
        where.sizes = dict(SMALL)
        where.execute(
            "UPDATE account_move_line SET no_followup = TRUE WHERE partner_id IN "
            "(SELECT id FROM res_partner WHERE email LIKE 'customer%%' AND email > %s)",
            f"customer{FEW:02}@example.com",
        )

    def assert_recovery(self, where: Stage) -> None:
        """After the kill: safe at once; a healthy run sends all but what stands to check, which it does not touch."""
        seen = self.assert_safe(where)
        abandoned = [action["id"] for action in self.to_check(seen)]
        self.assertEqual(abandoned, [action["id"] for action in self.by_state(seen, "sending")])
        self.assertLessEqual(len(abandoned), 1, "more than one mail is to check after one kill")
        self.run_well(on=where)
        seen = self.assert_safe(where)
        self.assertEqual([action["id"] for action in self.to_check(seen)], abandoned)
        self.assert_history(seen)
        others = {action["state"] for action in seen["actions"] if not action["to_check"]}
        self.assertEqual(others, {"sent"})
        self.assertEqual(len(seen["actions"]), FEW)


class TestInterrupted(ProcessCase):
    def setUp(self):
        super().setUp()
        self.run_well("prepare")
        self.queued = self.look()["actions"]

    def test_killed_after_the_server_accepted_a_mail_it_stands_to_check_until_a_person_says_it_was_sent(self):
        action = self.kill_while_sending(7)
        self.run_well("send")
        self.assertEqual(self.sink.counts()[action["customer"]], 1)
        self.press("action_mark_sent", action)
        self.run_well("send")
        seen = self.assert_safe()
        [marked] = [other for other in seen["actions"] if other["id"] == action["id"]]
        self.assertEqual((marked["state"], marked["lines"]), ("sent", ["reached"]))
        self.assertEqual(set(self.sink.counts().values()), {1})
        self.assertEqual(len(self.sink.accepted), CUSTOMERS)
        self.assert_history(seen)

    def test_what_stands_to_check_is_sent_again_only_when_a_person_asks_for_it_and_then_once(self):
        action = self.kill_while_sending(7)
        for _run in range(2):
            self.run_well("nightly_run")
        self.assertEqual(self.sink.counts()[action["customer"]], 1)
        self.press("action_resend", action)
        for _run in range(2):
            self.run_well("nightly_run")
        self.assertEqual(self.sink.counts()[action["customer"]], 2)
        self.assertEqual(len(self.sink.accepted), CUSTOMERS + 1)
        seen = self.look()
        self.assertEqual({other["state"] for other in seen["actions"]}, {"sent"})
        self.assert_history(seen)

    def test_while_its_worker_lives_an_action_is_not_to_check_and_no_other_worker_touches_it(self):
        worker = self.stage.start("send", fault("hang", "after", "mail", 3))
        worker.wait_until_hung()
        seen = self.look()
        self.assertEqual(len(self.by_state(seen, "sending")), 1)
        self.assertFalse(self.to_check(seen))
        for method in ("action_resend", "action_mark_sent"):
            refused = self.stage.do("press", method=method, ids=[self.by_state(seen, "sending")[0]["id"]])
            self.assertIn("UserError", refused.error)
        self.run_well("send")
        worker.release()
        worker.wait()
        self.assert_no_error(worker)
        self.assert_all_sent()

    def test_a_hung_worker_that_is_killed_leaves_one_action_to_check(self):
        worker = self.stage.start("send", fault("hang", "before", "mail", 3))
        worker.wait_until_hung()
        worker.kill()
        seen = self.assert_safe()
        self.assertEqual(len(self.to_check(seen)), 1)
        self.assertEqual(len(self.sink.accepted), 2)

    def test_what_a_person_writes_on_an_action_while_it_is_handed_over_does_not_undo_that_it_was_sent(self):
        worker = self.stage.start("send", fault("hang", "after", "mail", 3))
        worker.wait_until_hung()
        [sending] = self.by_state(self.look(), "sending")
        self.run_well("write", model="credit.collection.action", ids=[sending["id"]], vals={"note": "rang today"})
        worker.release()
        self.assert_no_error(worker.wait())
        self.assert_all_sent()

    def test_an_action_cancelled_while_its_batch_is_sent_does_not_leave(self):
        cancelled = self.queued[20]
        worker = self.stage.start("send", fault("hang", "before", "mail", 3))
        worker.wait_until_hung()
        self.press("action_cancel", cancelled)
        worker.release()
        self.assert_no_error(worker.wait())
        self.assertNotIn(cancelled["customer"], self.sink.counts())
        self.assertEqual(len(self.sink.accepted), CUSTOMERS - 1)

    def test_words_written_while_the_batch_is_sent_leave_or_are_refused(self):
        edited = self.queued[20]
        worker = self.stage.start("send", fault("hang", "before", "mail", 3))
        worker.wait_until_hung()
        words = {"subject": "Other words", "body": "<p>Other words</p>"}
        edit = self.stage.do("write", model="credit.collection.action", ids=[edited["id"]], vals=words)
        worker.release()
        self.assert_no_error(worker.wait())
        if edit.error:
            self.assertIn("UserError", edit.error)
        else:
            self.run_well("send")
            self.assertIn("Other words", self.sink.subjects[edited["customer"]])
        self.assert_all_sent()

    def test_a_database_connection_that_is_lost_after_the_server_accepted_a_mail_leaves_it_to_check(self):
        worker = self.stage.start("send", fault("hang", "after", "mail", 3))
        worker.wait_until_hung()
        self.stage.execute(
            "SELECT pg_terminate_backend(sender_pid) FROM credit_collection_action WHERE state = 'sending'"
        )
        worker.release()
        self.assertTrue(worker.wait().error)
        [action] = self.to_check(self.assert_safe())
        self.run_well("nightly_run")
        seen = self.assert_safe()
        self.assertEqual([other["id"] for other in self.to_check(seen)], [action["id"]])
        self.assertEqual(len(self.sink.accepted), CUSTOMERS)

    def kill_while_sending(self, number: int) -> dict:
        """Kill a worker once the server has accepted its mail; return the action that is left."""
        worker = self.stage.do("send", fault("die", "after", "mail", number))
        self.assertTrue(worker.killed)
        self.assertEqual(len(self.sink.accepted), number)
        seen = self.assert_safe()
        [action] = self.to_check(seen)
        self.assertEqual(action["state"], "sending")
        self.assertEqual((action["customer"], action["message_id"]), self.sink.accepted[-1])
        return action


class TestTogether(ProcessCase):
    def test_cron_and_button_at_the_same_time_send_each_mail_once(self):
        self.meet(("nightly_run", "button", "send", "nightly_run"))

    def test_four_nightly_runs_at_the_same_time_send_each_mail_once(self):
        self.meet(("nightly_run",) * 4)

    def test_four_sendings_at_the_same_time_send_each_mail_once(self):
        self.meet(("send",) * 4, first="prepare")

    def test_two_presses_of_the_button_at_the_same_time_send_each_mail_once(self):
        self.meet(("button",) * 2)

    def meet(self, jobs: tuple, first: str | None = None) -> None:
        """Run these jobs together, several times, in one batch and in small ones."""
        for sizes in MEETINGS:
            self.stage.rewind()
            self.stage.sizes = dict(sizes)
            if first:
                self.run_well(first)
            for worker in self.stage.together(*jobs):
                self.assert_no_error(worker)
            self.assert_all_sent()

    def test_prepared_by_four_runs_at_the_same_time_an_item_stands_in_one_action(self):
        for sizes in MEETINGS:
            self.stage.rewind()
            self.stage.sizes = dict(sizes)
            for worker in self.stage.together(*("prepare",) * 4):
                self.assert_no_error(worker)
            seen = self.assert_safe()
            self.assertEqual(len(seen["actions"]), CUSTOMERS)
            self.assertEqual({action["state"] for action in seen["actions"]}, {"queued"})
            self.assertEqual({tuple(action["lines"]) for action in seen["actions"]}, {("pending",)})
            self.assertEqual({item["chase_state"] for item in seen["items"]}, {"prepared"})

    def test_a_run_by_odoos_own_scheduler_sends_each_mail_once(self):
        self.run_well("scheduled", xmlid="credit_collection.ir_cron_dunning")
        self.run_well("scheduled", xmlid="credit_collection.ir_cron_send")
        self.assert_all_sent()


class TestServer(ProcessCase):
    def test_a_server_that_refuses_every_third_recipient_stops_nobody_else(self):
        self.sink.refuse_recipient = every_third("550 5.1.1 No such user here")
        self.assert_refusals("No such user here")

    def test_a_server_that_refuses_every_third_message_stops_nobody_else(self):
        self.sink.refuse_data = every_third("554 5.7.1 Looks like spam to us")
        self.assert_refusals("Looks like spam to us")

    def assert_refusals(self, words: str) -> None:
        self.run_well()
        self.run_well()
        seen = self.assert_safe()
        failed = self.by_state(seen, "failed")
        self.assertEqual(len(failed), CUSTOMERS // 3)
        self.assertEqual(len(self.sink.accepted), CUSTOMERS - CUSTOMERS // 3)
        for action in failed:
            self.assertIn(words, action["reason"])
            [activity] = self.activities(seen)[action["customer"]]
            self.assertIn(words, activity)
        self.assertEqual(len(self.activities(seen)), len(failed))
        self.sink.behave()
        self.run_well()
        self.assertEqual(len(self.sink.accepted), CUSTOMERS - CUSTOMERS // 3, "a failed mail went by itself")
        self.press("action_retry", *failed)
        self.run_well("send")
        self.assert_all_sent()

    def test_a_server_that_is_down_leaves_all_queued_and_the_next_run_sends_each_once(self):
        self.sink.stop()
        for _night in range(2):
            self.stage.do("nightly_run")
            seen = self.assert_safe()
            self.assertTrue([action for action in seen["actions"] if action["reason"]], "the agenda says why")
            self.assertEqual({action["state"] for action in seen["actions"]}, {"queued"})
            self.assertFalse([action for action in seen["actions"] if action["message_id"]])
            self.assertEqual(seen["locks"], 0)
        self.sink.start()
        self.run_well()
        self.assert_all_sent()

    def test_a_server_that_goes_down_in_the_middle_leaves_the_rest_queued(self):
        self.run_well("prepare")
        worker = self.stage.start("send", fault("hang", "before", "render", CUSTOMERS))
        worker.wait_until_hung()
        self.sink.stop()
        worker.release()
        worker.wait()
        self.assertIn("The mail server cannot be reached", worker.message)
        seen = self.assert_safe()
        self.assertFalse(self.by_state(seen, "sending"))
        self.sink.start()
        self.run_well()
        self.assert_all_sent()

    def test_a_server_that_hangs_up_instead_of_an_answer_leaves_that_mail_to_check_and_the_others_go(self):
        self.sink.hang_up = lambda recipient: recipient == "customer04@example.com"
        self.run_well()
        seen = self.assert_safe()
        [action] = self.to_check(seen)
        self.assertEqual(action["customer"], "customer04@example.com")
        self.assertEqual(len(self.sink.accepted), CUSTOMERS - 1)
        self.assertEqual(self.sink.swallowed, ["customer04@example.com"])
        self.sink.hang_up = lambda recipient: False
        self.run_well()
        self.assertEqual(len(self.sink.accepted), CUSTOMERS - 1, "a mail to check went again by itself")
        self.press("action_resend", action)
        self.run_well("send")
        self.assert_all_sent()

    def test_a_server_that_closes_the_connection_after_each_mail_it_took_gets_each_once(self):
        self.sink.hang_up_after = lambda recipient: True
        self.stage.sizes = dict(SMALL)
        self.run_well()
        self.assert_all_sent()


class TestErrors(ProcessCase):
    def test_a_mail_that_cannot_be_composed_fails_alone(self):
        worker = self.stage.do("nightly_run", fault("raise", "before", "render", 5))
        self.assert_no_error(worker)
        seen = self.assert_safe()
        [failed] = self.by_state(seen, "failed")
        self.assertIn("broken on purpose", failed["reason"])
        self.assertEqual(len(self.sink.accepted), CUSTOMERS - 1)

    def test_a_mail_from_an_address_that_is_none_fails_alone(self):
        self.run_well("prepare")
        odd = self.look()["actions"][4]
        self.run_well("spoil_sender", ids=[odd["id"]])
        self.run_well("send")
        seen = self.assert_safe()
        [failed] = self.by_state(seen, "failed")
        self.assertEqual(failed["id"], odd["id"])
        self.assertTrue(failed["reason"])
        self.assertEqual(len(self.sink.accepted), CUSTOMERS - 1)

    def test_a_level_set_by_hand_while_the_first_customers_are_prepared_stops_nobody_else(self):
        self.set_level_while_preparing(chunk=1)

    def test_a_level_set_by_hand_while_later_customers_are_prepared_stops_nobody_else(self):
        self.stage.sizes = dict(SMALL)
        self.set_level_while_preparing(chunk=2)

    def set_level_while_preparing(self, chunk: int) -> None:
        """Customer 5, of the first or second chunk, gets a level by hand once the run has read its items."""
        worker = self.stage.start("nightly_run", fault("hang", "before", "lines", chunk))
        worker.wait_until_hung()
        self.run_well("set_level", customer="customer05@example.com", level="Letter 1")
        worker.release()
        self.assert_no_error(worker.wait())
        self.assertEqual(len(self.sink.accepted), CUSTOMERS - 1)
        self.assertNotIn("customer05@example.com", self.sink.counts())
        seen = self.look()
        self.assertEqual({item["level"] for item in seen["items"]}, {"Letter 1"})
        self.assertEqual({action["state"] for action in seen["actions"]}, {"sent"})

    def test_a_sending_that_breaks_down_leaves_no_lock_behind(self):
        self.run_well("prepare")
        worker = self.stage.do("send_twice", fault("break", "before", "mark_sent", 3))
        error, locks = worker.value["errors"]
        self.assertIn("division by zero", error)
        self.assertEqual(locks, 0, "the pooled connection still says that its worker lives")
        seen = self.assert_safe()
        self.assertEqual(len(self.to_check(seen)), 1)
        self.assertEqual(len(self.sink.accepted), CUSTOMERS)


def every_third(answer: str):
    """Refuse customers 3, 6, 9 …"""
    return lambda recipient: answer if int(recipient.removeprefix("customer")[:2]) % 3 == 0 else None


class Result(unittest.TextTestResult):
    """One line per test, with its seconds."""

    def startTest(self, test):
        self.begun = time.monotonic()
        unittest.TestResult.startTest(self, test)

    def stopTest(self, test):
        bad = any(failed is test for failed, _trace in self.failures + self.errors)
        name = test.id().rpartition(".")[2].removeprefix("test_").replace("_", " ")
        print(f"  {'FAILED' if bad else 'ok'}: {name} ({time.monotonic() - self.begun:.1f} s)", flush=True)
        super().stopTest(test)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tests", nargs="*", metavar="TEST", help="part of a test's name; without any, all tests")
    parser.add_argument("--result", type=Path, help="write the names of what passed and failed there, as JSON")
    args = parser.parse_args()
    # Ended from outside, it drops its databases like after any other end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    loaded = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    tests = [test for test in every(loaded) if not args.tests or any(word in test.id() for word in args.tests)]
    names = {test.id() for test in tests}
    result = run(tests)
    failed = {test.id() for test, _trace in result.failures + result.errors}
    if args.result:
        args.result.write_text(json.dumps({"passed": sorted(names - failed), "failed": sorted(failed)}))
    print(f"{time.monotonic() - started:.0f} s")
    print(f"{len(names - failed)} passed, {len(failed)} failed", flush=True)
    sys.exit(1 if failed or not names else 0)


def run(tests: list) -> unittest.TestResult:
    """Run these tests on a ledger made for them."""
    started = time.monotonic()
    stage.database.drop_leftovers(stage.PREFIX)
    template = stage.make_template(CUSTOMERS)
    print(f"Tests, processes: the ledger is ready ({time.monotonic() - started:.0f} s)", flush=True)
    ProcessCase.stages = [Stage(f"stage{number}") for number in range(STAGES)]
    try:
        with ThreadPoolExecutor(STAGES) as pool:
            list(pool.map(lambda one: one.open(template), ProcessCase.stages))
        runner = unittest.TextTestRunner(sys.stdout, resultclass=Result, verbosity=0)
        return runner.run(unittest.TestSuite(tests))
    finally:
        for one in ProcessCase.stages:
            one.close()
        stage.database.drop(template)


def every(suite):
    """The tests of a suite of suites."""
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from every(test)
        else:
            yield test


if __name__ == "__main__":
    main()
