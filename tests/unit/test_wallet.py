"""The goodwill wallet as operators fill and watch it, and as customers notice it."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from aftercare.decision.policy import Budget
from aftercare.errors import UsageError
from aftercare.extras.codes import RandomCodes
from aftercare.extras.pool import MOST_TOLD
from aftercare.extras.status import BudgetStatus, budget_status
from aftercare.extras.wallet import Refused, Reserved, reserve
from aftercare.store.engine import reading, writing
from aftercare.store.tables import codes, extras
from aftercare.upkeep.reconcile import reconcile
from tests.fakes.house import House
from tests.fakes.operator import Operator

LATE = ("late-delivery", "o1")
POOL = Budget(currency="BRL", codes="pool")


def with_budget(house: House, budget: Budget, name: str = "late-delivery") -> None:
    policy = house.parts.policy
    house.parts.policy = msgspec.structs.replace(policy, budgets=policy.budgets | {name: budget})


@pytest.fixture
def operator(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    made = Operator(house, tmp_path / "home", monkeypatch)
    policy = tmp_path / "policy.yml"
    policy.write_text(
        "budgets:\n"
        "  late-delivery: {currency: BRL, codes: pool}\n"
        "  goodwill: {currency: BRL, codes: pool}\n"
        "  loyalty: {currency: BRL}\n"
        "teams: {care-team: {email: care@example.com}}\n"
    )
    made.set(POLICY=str(policy))
    with_budget(house, POOL)
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "codes.csv"


def held(house: House) -> list[tuple[str, str | None]]:
    """(code, amount) of every code, in order."""
    query = select(codes.c.code, codes.c.amount).order_by(codes.c.code)
    with reading(house.engine) as connection:
        return [(row.code, row.amount) for row in connection.execute(query)]


def load(operator: Operator, file: Path, text: str, budget: str = "late-delivery") -> str:
    file.write_text(text)
    return operator("wallet", "import", str(file), "--budget", budget)


def test_a_file_fills_the_pool_once_and_says_how_much_of_it_is_new(
    house: House, operator: Operator, file: Path
) -> None:
    assert "2 codes are new in the pool" in load(operator, file, "code,amount\nA,5\nB,\n")
    assert held(house) == [("A", "5.00"), ("B", None)]
    said = load(operator, file, "code\nA\nB\nC\n")
    assert "1 code is new, 2 were known, in the pool of late-delivery" in said
    assert held(house) == [("A", "5.00"), ("B", None), ("C", None)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty; its first line names the columns"),
        ("code\n", "holds no codes below its first line"),
        ("codes\nA\n", ":1: names no column `code`"),
        ("code;amount\nA;5\n", ":1: names no column `code`; separate fields by commas"),
        ("code,value\nA,5\n", ":1: no column 'value' is read; there are code, amount, currency"),
        ("code,amount\nA,5\n,5\n", ":3: the code is empty"),
        ("code\nA\nB\nA\n", ":4: the code stands in line 2 already"),
        ("code\n" + "A" * 101, ":2: the code is longer than 100 letters"),
        ("code,amount\nA,abc\n", ":2: 'abc' is no amount above 0; write 5 or 5.50"),
        ("code,amount\nA,-5\n", ":2: '-5' is no amount above 0"),
        ('code,amount\nA,"1,5"\n', ":2: '1,5' is no amount above 0"),
        ("code,amount\nA,1,5\n", ":2: has more fields than the first line names"),
        ("code,amount\nA,0.001\n", ":2: '0.001' is no amount above 0"),
        ("code,amount,currency\nA,5,EUR\n", ":2: 'EUR' is not the budget's currency, BRL"),
        ("code,amount\nA,1_0\n", ":2: '1_0' is no amount above 0"),
        ("code,amount\nA,٥\n", ":2: '٥' is no amount above 0"),
        ("code,amount\nA,1e1\n", ":2: '1e1' is no amount above 0"),
        ('code\n"A\nB"\n', ":3: the code holds a character that cannot be printed"),
        ("code\nA\0B\n", ":2: the code holds a character that cannot be printed"),
        ("code,code\nA,B\n", ":1: names a column twice"),
        ('code\n"A\n', "is not CSV"),
    ],
)
def test_a_wrong_file_is_refused_whole_with_its_line_and_mend(
    house: House, operator: Operator, file: Path, text: str, told: str
) -> None:
    with pytest.raises(UsageError) as refused:
        load(operator, file, text)
    assert f"{file}" in str(refused.value)
    assert told in str(refused.value)
    assert held(house) == []


def test_all_wrong_lines_are_told_up_to_a_number(operator: Operator, file: Path) -> None:
    with pytest.raises(UsageError) as refused:
        load(operator, file, "code,amount\n" + "".join(f"A{n},x\n" for n in range(30)))
    lines = str(refused.value).splitlines()
    assert len(lines) == MOST_TOLD + 1
    assert lines[-1] == "and 10 more; nothing was imported"


def test_what_is_no_text_or_no_file_is_refused(operator: Operator, file: Path) -> None:
    file.write_bytes("code\ncafé\n".encode("latin-1"))
    with pytest.raises(UsageError, match="is not in UTF-8; save it as CSV in UTF-8"):
        operator("wallet", "import", str(file), "--budget", "late-delivery")
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        operator("wallet", "import", str(file.parent), "--budget", "late-delivery")
    with pytest.raises(UsageError, match="there is no budget late"):
        operator("wallet", "import", str(file), "--budget", "late")


def test_a_budget_that_makes_its_own_codes_takes_no_file(operator: Operator, file: Path) -> None:
    with pytest.raises(UsageError, match="loyalty makes its own codes; write `codes: pool`"):
        load(operator, file, "code\nA\n", budget="loyalty")


def test_a_code_is_in_one_pool_only(house: House, operator: Operator, file: Path) -> None:
    load(operator, file, "code\nA\nB\n")
    with pytest.raises(UsageError, match=r"codes.csv:3: the code is in the pool of late-delivery"):
        load(operator, file, "code\nC\nB\n", budget="goodwill")
    assert [code for code, _ in held(house)] == ["A", "B"]


def test_a_code_keeps_its_worth(house: House, operator: Operator, file: Path) -> None:
    load(operator, file, "code,amount\nA,5\nB,\n")
    with pytest.raises(UsageError, match=r":2: the code is in the pool already, worth 5.00 BRL"):
        load(operator, file, "code,amount\nA,10\nC,5\n")
    with pytest.raises(UsageError, match=r":2: the code is in the pool already, for any amount"):
        load(operator, file, "code,amount\nB,10\n")
    assert held(house) == [("A", "5.00"), ("B", None)]


def test_every_code_that_another_pool_holds_is_named_by_its_line(
    operator: Operator, file: Path
) -> None:
    several = "code\n" + "".join(f"A{number}\n" for number in range(600))
    load(operator, file, several)
    with pytest.raises(UsageError) as refused:
        load(operator, file, several, budget="goodwill")
    lines = str(refused.value).splitlines()
    assert [line.split(": ")[0].split(":")[-1] for line in lines[:2]] == ["2", "3"]
    assert lines[-1] == "and 580 more; nothing was imported"


def test_a_large_file_is_taken_in(house: House, operator: Operator, file: Path) -> None:
    text = "code\n" + "".join(f"C{n:06}\n" for n in range(20_000))
    assert "20000 codes are new" in load(operator, file, text)
    assert len(held(house)) == 20_000


def test_only_a_code_of_the_promised_worth_is_given(
    house: House, operator: Operator, file: Path
) -> None:
    load(operator, file, "code,amount\nSMALL,5\nFITS,10.0\nBIG,25\n")
    house.late_order()  # 10 % of 100.00
    house.later(hours=3)
    house.run()
    (mail,) = house.sender.mails
    assert "FITS" in mail.text
    assert "SMALL" not in mail.text
    assert "BIG" not in mail.text


def take(house: House, budget: Budget, trigger: str, who: str = "c1") -> Reserved | Refused:
    """Reserve 5.00 of a budget."""
    with writing(house.engine) as connection:
        return reserve(
            connection,
            trigger_id=trigger,
            customer_id=who,
            kind="voucher",
            name="late-delivery",
            budget=budget,
            amount=Decimal("5.00"),
            now=house.clock.now(),
            provider=RandomCodes(),
        )


def test_codes_that_fit_every_amount_are_kept_for_the_last(
    house: House, operator: Operator, file: Path
) -> None:
    load(operator, file, "code,amount\nANY,\nFIVE,5\n")
    given = [take(house, POOL, trigger) for trigger in ("t1", "t2", "t3")]
    assert [one.code if isinstance(one, Reserved) else None for one in given] == [
        "FIVE",
        "ANY",
        None,
    ]


def test_a_budget_whose_currency_was_changed_gives_no_code_and_counts_no_money_of_the_old_one(
    house: House, operator: Operator, file: Path
) -> None:
    load(operator, file, "code,amount\nFIVE,5\n")
    take(house, Budget(currency="BRL"), "t0")
    euros = Budget(currency="EUR", codes="pool", per_month=Decimal(100), per_customer=Decimal(9))
    assert isinstance(take(house, euros, "t1"), Refused)
    found = status(house, euros)
    assert (found.reserved, found.left_month) == (Decimal(0), Decimal(100))
    generated = msgspec.structs.replace(euros, codes="generated")
    assert isinstance(take(house, generated, "t2"), Reserved)


def test_when_only_codes_of_another_worth_are_left_none_is_given(
    house: House, operator: Operator, file: Path
) -> None:
    load(operator, file, "code,amount\nSMALL,5\n")
    house.late_order()
    house.later(hours=3)
    house.run()
    (mail,) = house.sender.mails
    assert "SMALL" not in mail.text
    assert "R$" not in mail.text
    assert "the pool of codes for late-delivery has none left" in operator("why", "o1")


EMPTY = Budget(currency="BRL", codes="pool")


def test_an_empty_pool_sends_without_a_word_of_an_extra(house: House) -> None:
    with_budget(house, EMPTY)
    house.late_order()
    house.later(hours=3)
    house.run()
    (mail,) = house.sender.mails
    assert house.standing()[LATE] == "sent"
    for word in ("R$", "BRL", "cupom", "código", "vale"):
        assert word not in mail.text.lower()
    with reading(house.engine) as connection:
        assert connection.execute(select(extras)).all() == []


def test_an_empty_pool_holds_until_there_are_codes_when_the_policy_says_so(
    house: House, operator: Operator, file: Path
) -> None:
    with_budget(house, msgspec.structs.replace(EMPTY, when_empty="hold"))
    house.late_order()
    house.later(hours=3)
    house.run()
    assert house.standing()[LATE] == "held"
    assert "no extra can be given" in house.reasons()[LATE]
    load(operator, file, "code\nFRESH\n")
    house.later(days=1)
    house.run()
    assert house.standing()[LATE] == "sent"
    assert "FRESH" in house.sender.mails[0].text


def test_what_is_held_for_an_empty_budget_expires_with_its_reason(house: House) -> None:
    with_budget(house, msgspec.structs.replace(EMPTY, when_empty="hold"))
    house.late_order()
    for _ in range(7):
        house.later(days=1)
        house.run()
    assert house.standing()[LATE] == "expired"
    assert "no extra can be given" in house.reasons()[LATE]


def test_an_empty_budget_goes_to_a_person_when_the_policy_says_so(
    house: House, operator: Operator
) -> None:
    broke = Budget(currency="BRL", per_day=Decimal(5), when_empty="person")
    with_budget(house, broke)
    house.late_order()
    house.later(hours=3)
    house.run()
    assert house.standing()[LATE] == "escalated"
    assert house.sender.mails == []
    told = operator("why", "o1")
    assert "budget late-delivery has nothing left for 2026-01-05" in told
    assert "c1" in operator("handoffs", "list")
    assert reconcile(house.parts).wrong == []


def status(house: House, budget: Budget) -> BudgetStatus:
    with reading(house.engine) as connection:
        return budget_status(connection, "late-delivery", budget, house.clock.now())


def test_the_wallet_says_when_it_runs_out_at_the_pace_of_the_days_it_was_used(
    house: House, operator: Operator, file: Path
) -> None:
    budget = msgspec.structs.replace(POOL, per_month=Decimal(100), per_day=Decimal(30))
    load(operator, file, "code\n" + "".join(f"C{n}\n" for n in range(12)))
    with_budget(house, budget)
    assert status(house, budget).runs_out is None
    for number in range(4):  # 10.00 each, two a day
        house.late_order(f"o{number}", f"c{number}")
        if number % 2:
            house.later(hours=3)
            house.run()
            house.later(hours=21)
    found = status(house, budget)
    assert (found.spent, found.reserved, found.left_month) == (Decimal(40), Decimal(0), Decimal(60))
    assert found.left_today == Decimal(30)
    # 40.00 within less than two days and three hours: a little more than 19.00 a day.
    assert Decimal(19) < found.a_day < Decimal(22)
    assert found.runs_out == (house.clock.now() + timedelta(days=2, hours=22)).date()
    assert found.codes_left == 8
    assert found.codes_out == (house.clock.now() + timedelta(days=3, hours=22)).date()


def test_a_budget_that_outlasts_the_month_or_is_not_used_says_so(house: House) -> None:
    budget = Budget(currency="BRL", per_month=Decimal(10_000))
    with_budget(house, budget)
    assert status(house, budget).runs_out is None
    house.late_order()
    house.later(hours=3)
    house.run()
    assert status(house, budget).runs_out is None
    house.later(days=30)
    later = status(house, budget)
    assert (later.spent, later.a_day, later.left_month) == (Decimal(0), Decimal(0), Decimal(10_000))


def test_the_status_is_told_to_people_and_to_machines(house: House, operator: Operator) -> None:
    house.late_order()
    house.later(hours=3)
    house.run()
    told = operator("wallet", "status")
    for word in ("late-delivery", "no limit", "codes", "0, none is given", "lasts"):
        assert word in told
    rows = json.loads(operator("wallet", "status", "--json"))
    assert [row["budget"] for row in rows] == ["late-delivery", "goodwill", "loyalty"]
    assert rows[0]["codes_left"] == 0
