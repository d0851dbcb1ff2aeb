"""The sections of a model card, in the order in which people read them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One section: its key, what it is called, and the question that it answers.

    `agents` marks the sections that only language-model and agent systems have.
    """

    key: str
    title: str
    ask: str
    agents: bool = False


TOPICS: tuple[Topic, ...] = (
    Topic(key="overview", title="Overview", ask="What is it, in a few sentences for a stranger?"),
    Topic(
        key="task",
        title="Task and users",
        ask="What does it estimate, who works with it, and which decision does it influence?",
    ),
    Topic(key="users", title="Users", ask="Who sees its output, and who is affected by it?"),
    Topic(
        key="decision",
        title="Decision influenced",
        ask="Which decision is taken with it, and by whom?",
    ),
    Topic(
        key="intended_use",
        title="Intended use",
        ask="For which decisions, populations and channels is it meant?",
    ),
    Topic(
        key="out_of_scope",
        title="Out-of-scope use",
        ask="Where must it not be used, though somebody might think so?",
    ),
    Topic(
        key="getting_started",
        title="How to get started",
        ask="How is it called, with which input, and what comes back?",
    ),
    Topic(
        key="architecture",
        title="Technical specifications",
        ask="Of which kind is it, how is it built, and what does it take and give?",
    ),
    Topic(
        key="training_data",
        title="Training data",
        ask="Where does the data come from, how old is it, what was left out, who is thin in it?",
    ),
    Topic(
        key="training_procedure",
        title="Training procedure",
        ask="How was the data prepared and the model fitted, with which settings?",
    ),
    Topic(
        key="evaluation_data",
        title="Evaluation data",
        ask="On which data was it measured, and how does that differ from where it will serve?",
    ),
    Topic(
        key="evaluation",
        title="Evaluation",
        ask="What do the measured values mean, and where is it worse?",
    ),
    Topic(
        key="known_failures",
        title="Known failures",
        ask="For whom or when does it fail, and what happens then?",
    ),
    Topic(
        key="upstream",
        title="Upstream assumptions",
        ask="What does it assume about the systems and the data that it is fed by?",
    ),
    Topic(
        key="fairness",
        title="Fairness",
        ask="Which groups were compared, by which measure, with which result?",
    ),
    Topic(
        key="ethics",
        title="Ethical considerations",
        ask="What could it do to people and to society, and what is done about that?",
    ),
    Topic(
        key="latency_cost",
        title="Latency and cost",
        ask="How fast must it answer, on what, and what does a thousand answers cost?",
    ),
    Topic(
        key="human_oversight",
        title="Human oversight",
        ask="Who can overrule or stop it, when, and by what do they see that they should?",
    ),
    Topic(
        key="monitoring",
        title="Monitoring",
        ask="What is watched, how often, and who acts at which limit?",
    ),
    Topic(
        key="environment",
        title="Environmental cost",
        ask="What energy and emissions did training take, and does serving take?",
    ),
    Topic(
        key="prompts",
        title="Prompt and tool behavior",
        ask="With which instructions does it run, and which tools may it call?",
        agents=True,
    ),
    Topic(
        key="agent_evaluations",
        title="Evaluations of the language model",
        ask="By which tests of tasks, dialogues or trajectories was it judged, and by which judge?",
        agents=True,
    ),
    Topic(
        key="red_team",
        title="Red-team results",
        ask="Who attacked it, how, what succeeded, and what was done about it?",
        agents=True,
    ),
    Topic(
        key="hallucination",
        title="Limits of truthfulness",
        ask="How often does it state what is not so, and how would a user notice?",
        agents=True,
    ),
    Topic(
        key="injection",
        title="Limits against injection",
        ask="What can text that it reads make it do, and what stops that?",
        agents=True,
    ),
    Topic(
        key="caveats",
        title="Caveats",
        ask="What else should a reader know before relying on it?",
    ),
    Topic(key="license", title="License", ask="Under which terms may it be used?"),
    Topic(key="contacts", title="Contacts", ask="Whom does one ask, and who wrote this?"),
    Topic(key="citation", title="Citation", ask="How is it cited, and what has been published?"),
)
TOPIC_BY_KEY = {topic.key: topic for topic in TOPICS}
