"""The sections of a model card, in the order in which people read them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Section:
    """One section: its key, what it is called, the question that it answers, and `look_for`: what
    reviewers look for in the answer.

    `needed_to_tier` is the lowest risk at which it must be answered: 4 always does, 2 in tiers 1
    and 2, None never. `agents` marks what only language-model and agent systems have. `measured`
    sections are filled from the registry: measured values satisfy them, and what is typed there
    only comments.
    """

    key: str
    title: str
    ask: str
    look_for: str
    needed_to_tier: int | None = None
    agents: bool = False
    measured: bool = False


SECTIONS: tuple[Section, ...] = (
    Section(
        key="overview",
        title="Overview",
        ask="What is it, in a few sentences for a stranger?",
        look_for="Three sentences that somebody outside the team can repeat: what it takes in, "
        "what comes out, what happens next.",
    ),
    Section(
        key="task",
        title="Task and users",
        ask="What does it estimate, who works with it, and which decision does it influence?",
        look_for="One sentence a stranger understands, then who sees the output and what they do "
        "with it. “Helps the business” will be sent back.",
        needed_to_tier=4,
    ),
    Section(
        key="users",
        title="Users",
        ask="Who sees its output, and who is affected by it?",
        look_for="Names the roles that see the output, and the people about whom it is, with how "
        "many there are.",
    ),
    Section(
        key="decision",
        title="Decision influenced",
        ask="Which decision is taken with it, and by whom?",
        look_for="The decision, who takes it, and what they would do without the model.",
    ),
    Section(
        key="intended_use",
        title="Intended use",
        ask="For which decisions, populations and channels is it meant?",
        look_for="Names the decision, the people it is about and the limits of amount, region or "
        "time. A reader can tell for a given case whether it is inside.",
        needed_to_tier=4,
    ),
    Section(
        key="out_of_scope",
        title="Out-of-scope use",
        ask="Where must it not be used, though somebody might think so?",
        look_for="At least one tempting use, and what would go wrong there.",
        needed_to_tier=4,
    ),
    Section(
        key="getting_started",
        title="How to get started",
        ask="How is it called, with which input, and what comes back?",
        look_for="A call that works as it stands, with an input and the answer to it.",
    ),
    Section(
        key="architecture",
        title="Technical specifications",
        ask="Of which kind is it, how is it built, and what does it take and give?",
        look_for="Kind, inputs, outputs and versions of what it is built with, enough to build it "
        "again.",
    ),
    Section(
        key="training_data",
        title="Training data",
        ask="Where does the data come from, how old is it, what was left out, who is thin in it?",
        look_for="Origin, period, row count, filters and exclusions with their reason, and groups "
        "with few rows. Data set and commit of the version stand beside your text.",
        needed_to_tier=4,
    ),
    Section(
        key="training_procedure",
        title="Training procedure",
        ask="How was the data prepared and the model fitted, with which settings?",
        look_for="Preparation, settings, stopping rule and random seeds. Settings with a number "
        "stand in the table of figures.",
    ),
    Section(
        key="evaluation_data",
        title="Evaluation data",
        ask="On which data was it measured, and how does that differ from where it will serve?",
        look_for="Says how it was kept apart from training and whether its period is later.",
        needed_to_tier=4,
    ),
    Section(
        key="evaluation",
        title="Evaluation",
        ask="What do the measured values mean, and where is it worse?",
        look_for="Comments on the weakest slice and on the distance to the limit. The values "
        "themselves come from the registry and can’t be typed.",
        needed_to_tier=4,
        measured=True,
    ),
    Section(
        key="known_failures",
        title="Known failures",
        ask="For whom or when does it fail, and what happens then?",
        look_for="A group or condition, a number and a consequence. “Less accurate for young "
        "people” will be sent back; “AUC 0.829 for ages 18 to 25, so referred” won’t.",
        needed_to_tier=4,
    ),
    Section(
        key="latency_cost",
        title="Latency and cost",
        ask="How fast must it answer, on what, and what does a thousand answers cost?",
        look_for="A percentile with a unit, the hardware it was measured on, and the budget.",
    ),
    Section(
        key="upstream",
        title="Upstream assumptions",
        ask="What does it assume about the systems and the data that it is fed by?",
        look_for="Each system that feeds it, what would change its output unnoticed, and who tells"
        " the owner of a change there.",
        needed_to_tier=1,
    ),
    Section(
        key="fairness",
        title="Fairness",
        ask="Which groups were compared, by which measure, with which result?",
        look_for="Groups, measure, gap and limit. Where no person is affected, say so and why.",
        needed_to_tier=4,
    ),
    Section(
        key="ethics",
        title="Ethical considerations",
        ask="What could it do to people and to society, and what is done about that?",
        look_for="Each risk with the group that bears it and what is done about it. “None” needs a"
        " reason.",
        needed_to_tier=1,
    ),
    Section(
        key="human_oversight",
        title="Human oversight",
        ask="Who can overrule or stop it, when, and by what do they see that they should?",
        look_for="A named role that can stop it, the sign by which they see that they should, and "
        "how long it takes.",
        needed_to_tier=2,
    ),
    Section(
        key="monitoring",
        title="Monitoring",
        ask="What is watched, how often, and who acts at which limit?",
        look_for="Measure, how often, limit, and who acts at the limit. Says what is not watched.",
        needed_to_tier=2,
    ),
    Section(
        key="environment",
        title="Environmental cost",
        ask="What energy and emissions did training take, and does serving take?",
        look_for="Energy or emissions with a unit, and how they were measured or estimated.",
    ),
    Section(
        key="prompts",
        title="Prompt and tool behavior",
        ask="With which instructions does it run, and which tools may it call?",
        look_for="The instructions in force with their version, each tool with what it may change,"
        " and what needs a person’s consent.",
        needed_to_tier=4,
        agents=True,
    ),
    Section(
        key="agent_evaluations",
        title="Evaluations of the language model",
        ask="By which tests of tasks, dialogues or trajectories was it judged, and by which judge?",
        look_for="Test, number of cases, judge, and how often the judge agrees with people.",
        needed_to_tier=4,
        agents=True,
    ),
    Section(
        key="red_team",
        title="Red-team results",
        ask="Who attacked it, how, what succeeded, and what was done about it?",
        look_for="Who attacked, with what, how many attempts of how many succeeded, and what is "
        "still open.",
        needed_to_tier=2,
        agents=True,
    ),
    Section(
        key="hallucination",
        title="Limits of truthfulness",
        ask="How often does it state what is not so, and how would a user notice?",
        look_for="A rate over a named set of questions, and the cases in which a user could not "
        "tell.",
        needed_to_tier=4,
        agents=True,
    ),
    Section(
        key="injection",
        title="Limits against injection",
        ask="What can text that it reads make it do, and what stops that?",
        look_for="Sources of text it reads, the worst it could be made to do, and which control "
        "stands between.",
        needed_to_tier=4,
        agents=True,
    ),
    Section(
        key="caveats",
        title="Caveats",
        ask="What else should a reader know before relying on it?",
        look_for="Assumptions about upstream systems and about what must be watched.",
    ),
    Section(
        key="license",
        title="License",
        ask="Under which terms may it be used?",
        look_for="A license by its SPDX identifier, or the contract; for what it was trained on as"
        " well.",
    ),
    Section(
        key="contacts",
        title="Contacts",
        ask="Whom does one ask, and who wrote this?",
        look_for="A role and an address that outlive a person.",
    ),
    Section(
        key="citation",
        title="Citation",
        ask="How is it cited, and what has been published?",
        look_for="What has been published on it, with a link that lasts.",
    ),
)
BY_KEY = {section.key: section for section in SECTIONS}
