//! What must hold of every declaration and every history, not only of those somebody thought of.

use proptest::prelude::*;

use genlock::model::{
    Answer, ApprovalId, Declaration, DeclarationId, DeclarationVersion, Document, ELEMENTS, Event,
    Input, PipelineStep, Prominence, Rejection, Revocation, Scope, Talent, Tier, Timestamp, Tool,
};
use genlock::policy::{PROFILES, Policy};
use genlock::record::{Declarations, Record};

use super::{World, answer, approval, asset, judged, netflix};

fn answers() -> impl Strategy<Value = Option<Answer>> {
    prop_oneof![
        Just(None),
        Just(Some(Answer::Yes)),
        Just(Some(Answer::No)),
        Just(Some(Answer::Unsure))
    ]
}

prop_compose! {
    fn declarations()(
        principles in prop::array::uniform5(answers()),
        risks in prop::array::uniform7(answers()),
        is_final in prop::option::of(any::<bool>()),
        phase in prop_oneof![Just(None), Just(Some("ideation".to_owned())), Just(Some("post".to_owned()))],
        prominence in prop::option::of(0..Prominence::ALL.len()),
        elements in prop::collection::btree_set(0..ELEMENTS.len(), 0..4),
        training in any::<(bool, bool)>(),
        talent in prop::collection::vec(any::<bool>(), 0..3),
        steps in prop::collection::vec(answers(), 0..3),
        tool in any::<bool>(),
    ) -> Declaration {
        let mut one = Declaration { purpose: "a use".into(), phase, is_final, ..Declaration::default() };
        let [p1, p2, p3, p4, p5] = principles;
        one.principles = genlock::model::Principles { p1, p2, p3, p4, p5 };
        let [a, b, c, d, e, f, g] = risks;
        (one.personal_data, one.proprietary, one.third_party_ip, one.public_figure) = (a, b, c, d);
        (one.union_impact, one.could_mislead, one.alters_performance) = (e, f, g);
        one.prominence = prominence.map(|at| Prominence::ALL[at]);
        one.elements = elements.into_iter().map(|at| ELEMENTS[at].to_owned()).collect();
        one.training_data = training.0.then(|| "pictures".into());
        one.training_clearance = training.1.then(|| "licence".into());
        let performer = |consent: bool| Talent {
            name: "Jane Doe".into(),
            consent: consent.then(|| "C-1".into()),
            ..Talent::default()
        };
        one.talent = talent.into_iter().map(performer).collect();
        let step = |meets_guidance| PipelineStep { tool: "Step".into(), meets_guidance, ..PipelineStep::default() };
        one.pipeline = steps.into_iter().map(step).collect();
        one.tool = tool.then(|| "Sketcher".into());
        one
    }
}

/// Every way to make a use riskier.
const RISKS: &[fn(&mut Declaration)] = &[
    |one| one.is_final = Some(true),
    |one| one.personal_data = Some(Answer::Yes),
    |one| one.proprietary = Some(Answer::Unsure),
    |one| one.third_party_ip = Some(Answer::Yes),
    |one| one.public_figure = Some(Answer::Yes),
    |one| one.union_impact = Some(Answer::Unsure),
    |one| one.could_mislead = Some(Answer::Yes),
    |one| one.alters_performance = Some(Answer::Unsure),
    |one| one.prominence = Some(Prominence::StoryCritical),
    |one| one.phase = Some("post".into()),
    |one| {
        one.elements.insert("character".into());
    },
    |one| {
        one.elements.insert("voice".into());
    },
    |one| {
        one.elements.insert("a thing nobody knows".into());
    },
    |one| one.talent.push(Talent { name: "Sam Roe".into(), ..Talent::default() }),
    |one| one.pipeline.push(PipelineStep { tool: "Hidden".into(), ..PipelineStep::default() }),
    |one| {
        one.training_data = Some("an artist's works".into());
        one.training_clearance = None;
    },
    |one| {
        let personal_data = Some(Answer::Yes);
        one.inputs.push(Input { what: "a list".into(), personal_data, ..Input::default() });
    },
    |one| {
        let third_party = Some(Answer::Yes);
        one.inputs.push(Input { what: "a photograph".into(), third_party, ..Input::default() });
    },
    |one| one.principles.p1 = Some(Answer::No),
    |one| one.principles.p2 = Some(Answer::Unsure),
    |one| one.principles.p3 = None,
    |one| one.principles.p4 = Some(Answer::No),
    |one| one.principles.p5 = Some(Answer::Unsure),
];

/// What an approval may lack.
const LACKS: [&str; 12] = [
    "approval-rejected",
    "approval-revoked",
    "approval-temp-only",
    "approval-not-for-this-deliverable",
    "approval-expired",
    "approval-outdated",
    "approval-no-document",
    "conditions-open",
    "approval-overrides-rejection",
    "approval-unsigned",
    "approver-not-allowed",
    "ai-unapproved",
];

/// What somebody takes on themselves, beside nothing.
const WAIVED: [&str; 4] =
    ["ai-unapproved", "approval-rejected", "approval-temp-only", "conditions-open"];

const SEVERITIES: [&str; 3] = ["block", "warn", "off"];

/// A policy that asks for some of these, goes without others, and has an exception.
fn softened(severities: &[usize; 12], waived: Option<usize>) -> Policy {
    let mut text = PROFILES[0].text.to_owned();
    for (code, severity) in LACKS.iter().zip(severities) {
        let rule = format!("code = \"{code}\"\nseverity = \"");
        let at = text.find(&rule).unwrap() + rule.len();
        let end = at + text[at..].find('"').unwrap();
        text.replace_range(at..end, SEVERITIES[*severity]);
    }
    let exception = waived.map(|at| {
        let code = WAIVED[at];
        format!(
            "[[waiver]]\ncode = \"{code}\"\nasset = \"**\"\nwho = \"Dana\"\nwhy = \"agreed\"\n\
             until = \"2099-12-31\"\n"
        )
    });
    text += &exception.unwrap_or_default();
    Policy::parse(&text).unwrap()
}

fn tier_of(register: &Declarations, what: &Declaration) -> Tier {
    answer(&netflix(), register, what).0
}

/// One event of a history of decisions about the one asset.
#[derive(Clone, Debug)]
enum Step {
    Approve {
        temp: bool,
        document: bool,
        elsewhere: bool,
        expired: bool,
        confirms: bool,
        bound: bool,
        under: bool,
    },
    Reject {
        elsewhere: bool,
    },
    Revoke(u64),
    Declare(Box<Declaration>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let flags = any::<(bool, bool, bool, bool, bool, bool, bool)>();
    let approve = flags.prop_map(|one| Step::Approve {
        temp: one.0 && one.1,
        document: one.1,
        elsewhere: one.2 && one.3,
        expired: one.3 && one.4,
        confirms: one.4 && one.0,
        bound: one.5,
        under: one.6,
    });
    let step = prop_oneof![
        4 => approve,
        1 => any::<bool>().prop_map(|elsewhere| Step::Reject { elsewhere }),
        1 => (1..6_u64).prop_map(Step::Revoke),
        2 => declarations().prop_map(|one| Step::Declare(Box::new(one))),
    ];
    prop::collection::vec(step, 1..8)
}

/// Plays a history; approvals keep the numbers they have with all of them.
fn play(steps: &[Step], without: Option<usize>) -> Record {
    let mut world = World::new();
    let mut version = 0;
    for (at, step) in steps.iter().enumerate() {
        let id = ApprovalId(at as u64 + 1);
        let elsewhere = |yes: bool| if yes { vec!["TRAILER".to_owned()] } else { vec![] };
        match step {
            Step::Approve { .. } if without == Some(at) => {}
            Step::Approve { temp, document, elsewhere: other, expired, confirms, bound, under } => {
                let scope = if *temp { Scope::Temp } else { Scope::Final };
                let document =
                    document.then(|| Document { hash: asset(), name: "letter".into(), size: 1 });
                let mut one = approval(id, scope, document);
                one.deliverables = elsewhere(*other);
                one.expires = expired.then(|| Timestamp::from_nanos(0));
                one.determination = *confirms;
                one.conditions = bound.then(|| "credit the archive".into());
                let declared = DeclarationVersion { id: DeclarationId(1), version };
                one.declaration = (*under && version > 0).then_some(declared);
                world.add(Event::Approved(one));
            }
            Step::Reject { elsewhere: other } => {
                world.add(Event::Rejected(Rejection {
                    id,
                    assets: vec![asset()],
                    by: "Lee".into(),
                    deliverables: elsewhere(*other),
                    scope: None,
                    note: "no".into(),
                    document: None,
                    declaration: None,
                }));
            }
            Step::Revoke(number) => {
                let (approvals, assets) = (vec![ApprovalId(*number)], vec![]);
                let (by, note) = ("Dana".into(), "no".into());
                world.add(Event::Revoked(Revocation {
                    approvals,
                    assets,
                    by,
                    note,
                    document: None,
                }));
            }
            Step::Declare(what) => {
                version += 1;
                world.declare_version(version, (**what).clone());
            }
        }
    }
    world.record
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn adding_a_risk_never_lowers_the_tier(
        what in declarations(),
        risks in prop::collection::vec(0..RISKS.len(), 1..5),
        trains in any::<bool>(),
    ) {
        let none = Declarations::default();
        let before = tier_of(&none, &what);
        let mut riskier = what;
        for at in risks {
            RISKS[at](&mut riskier);
        }
        let after = tier_of(&none, &riskier);
        prop_assert!(after >= before, "{before:?} became {after:?}: {riskier:#?}");
        // Nor does what the register learns of a tool that keeps data.
        let mut world = World::default();
        let stores = trains.then_some(Answer::Yes);
        world.tool(Tool { name: "Sketcher".into(), stores, ..Tool::default() });
        prop_assert!(tier_of(&world.record.declarations, &riskier) >= after);
    }

    #[test]
    fn removing_an_approval_never_turns_refused_into_pass(
        steps in steps(),
        severities in prop::array::uniform12(0..SEVERITIES.len()),
        waived in prop::option::of(0..WAIVED.len()),
    ) {
        let policy = softened(&severities, waived);
        let refused = |record: &Record| !judged(record, &policy).0.is_empty();
        if refused(&play(&steps, None)) {
            for (at, step) in steps.iter().enumerate() {
                if matches!(step, Step::Approve { .. }) {
                    let without = play(&steps, Some(at));
                    prop_assert!(refused(&without), "without approval {at} it passes: {steps:#?}");
                }
            }
        }
    }
}

#[test]
fn each_risk_by_itself_escalates_a_use_that_was_only_reported() {
    let clean = super::declaration("phase = \"ideation\"\nfinal = false");
    let none = Declarations::default();
    assert_eq!(tier_of(&none, &clean), Tier::Report);
    let mut reported = 0;
    for risk in RISKS {
        let mut one = clean.clone();
        risk(&mut one);
        reported += u32::from(tier_of(&none, &one) == Tier::Report);
    }
    // Ideation spares prominence, phase and key elements, as the guidance's matrix does.
    assert_eq!(reported, 3);
}
