//! `docs/guidance-coverage.md`, row by row: what Genlock answers to each statement of the guidance.
//!
//! Pure: a declaration and a deliverable in, the tier and the findings of the `netflix` profile out.

use std::collections::BTreeSet;

use genlock::model::{
    Answer, Approval, ApprovalId, AssetId, Declaration, DeclarationId, Declared, Determination,
    DeterminedStatus, DirectoryObserved, Document, Event, Evidence, Fingerprint, Found, Head,
    Medium, ObservedBatch, Prominence, Recorded, RelPath, Reported, RootName, RuleCode, Scope, Seq,
    Sighting, Strength, Tier, Timestamp, Tool,
};
use genlock::policy::{DeclarationFacts, PROFILES, Policy, tier};
use genlock::record::{Declarations, Record};

use crate::judging;

/// All principles kept, temporary, nothing else said.
const CLEAN: &[(&str, &str)] = &[
    ("use", "\"a test\""),
    ("final", "false"),
    ("principles.p1", "\"yes\""),
    ("principles.p2", "\"yes\""),
    ("principles.p3", "\"yes\""),
    ("principles.p4", "\"yes\""),
    ("principles.p5", "\"yes\""),
];

/// What a row says, and of the rest that it is clean.
fn declaration(more: &str) -> Declaration {
    let said = |key: &str| more.lines().any(|line| line.starts_with(&format!("{key} = ")));
    let rest = CLEAN.iter().filter(|(key, _)| !said(key));
    let rest: Vec<_> = rest.map(|(key, value)| format!("{key} = {value}")).collect();
    let text = format!("{more}\n{}", rest.join("\n"));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn netflix() -> Policy {
    Policy::parse(PROFILES[0].text).unwrap()
}

/// The tier, and the codes of its reasons.
fn answered(more: &str, tools: &[Tool]) -> (Tier, Vec<String>) {
    let mut world = World::default();
    for tool in tools {
        world.add(Event::ToolRegistered(tool.clone()));
    }
    let declaration = declaration(more);
    answer(&netflix(), &world.record.declarations, &declaration)
}

fn answer(policy: &Policy, register: &Declarations, what: &Declaration) -> (Tier, Vec<String>) {
    let (kept, now) = (BTreeSet::new(), Timestamp::from_nanos(1));
    let facts = DeclarationFacts::new(policy, register, what, &kept, now);
    let answered = tier(policy, &facts);
    (answered.tier, answered.reasons.into_iter().map(|one| one.code).collect())
}

#[track_caller]
fn escalates(more: &str, code: &str) {
    let (tier, codes) = answered(more, &[]);
    assert!(tier == Tier::Escalate && codes.contains(&code.to_owned()), "{more}: {codes:?}");
}

#[track_caller]
fn reports(more: &str) {
    assert_eq!(
        answered(more, &[]),
        (Tier::Report, vec!["report-intended-use".to_owned()]),
        "{more}"
    );
}

/// One AI-made picture in one deliverable.
#[derive(Default)]
struct World {
    record: Record,
    seq: u64,
}

const NAME: &[u8] = b"ai.png";

fn asset() -> AssetId {
    AssetId::from(blake3::hash(NAME))
}

impl World {
    fn new() -> Self {
        let mut world = Self::seen("image/png", vec![]);
        world.add(Event::Determined(Determination {
            assets: vec![asset()],
            status: DeterminedStatus::Ai,
            source_type: None,
            tool: None,
            note: None,
            by: "kim".into(),
        }));
        world
    }

    /// The same, and nobody determined anything; `marks` stand beside it.
    fn seen(media_type: &str, marks: Vec<Evidence>) -> Self {
        let mut world = Self::default();
        let found = Found {
            name: NAME.into(),
            asset: asset(),
            fingerprint: Fingerprint { size: 1, mtime: 1, ctime: 1, device: 1, inode: 1 },
            sighting: Sighting::Read,
            media_type: media_type.into(),
        };
        let directory = DirectoryObserved {
            directory: RelPath::root(),
            files: vec![found],
            links: vec![],
            gone: vec![],
        };
        world.add(Event::Observed(ObservedBatch {
            root: RootName::project(),
            detectors: 1,
            deep: false,
            directories: vec![directory],
            examined: vec![],
            attached: vec![(asset(), marks)],
            named: vec![],
            values: vec![],
        }));
        world
    }

    fn add(&mut self, event: Event) -> &mut Self {
        self.seq += 1;
        let head = Head { seq: Seq(self.seq), hash: [0; 32] };
        let at = Timestamp::from_nanos(1);
        self.record.apply(Recorded { head, at, actor: "kim".into(), event }, Some(&|_, _| true));
        self
    }

    fn declare(&mut self, what: Declaration) -> &mut Self {
        self.declare_version(1, what)
    }

    fn declare_version(&mut self, version: u32, what: Declaration) -> &mut Self {
        self.add(Event::Declared(Declared {
            id: DeclarationId(1),
            version,
            declaration: Box::new(what),
            tier: Tier::Report,
            assets: vec![asset()],
            globs: vec![],
        }))
    }

    fn approve(&mut self, scope: Scope, document: bool) -> &mut Self {
        let document = document.then(|| Document { hash: asset(), name: "letter".into(), size: 1 });
        let id = self.record.next_decision();
        self.add(Event::Approved(approval(id, scope, document)))
    }

    fn tool(&mut self, tool: Tool) -> &mut Self {
        self.add(Event::ToolRegistered(tool))
    }

    /// The codes of what blocks, and of what warns.
    fn judge(&self) -> (Vec<String>, Vec<String>) {
        judged(&self.record, &netflix())
    }

    #[track_caller]
    fn blocks(&self, code: &str) {
        let (blocks, warns) = self.judge();
        assert!(blocks.contains(&code.to_owned()), "{code}: {blocks:?}, warned {warns:?}");
    }

    #[track_caller]
    fn warns(&self, code: &str) {
        let (blocks, warns) = self.judge();
        assert!(warns.contains(&code.to_owned()), "{code}: {warns:?}, blocked {blocks:?}");
    }

    #[track_caller]
    fn silent(&self, code: &str) {
        let (blocks, warns) = self.judge();
        assert!(!blocks.contains(&code.to_owned()) && !warns.contains(&code.to_owned()), "{code}");
    }
}

fn approval(id: ApprovalId, scope: Scope, document: Option<Document>) -> Approval {
    Approval { document, ..Approval::new(id, vec![asset()], "Dana", scope) }
}

fn judged(record: &Record, policy: &Policy) -> (Vec<String>, Vec<String>) {
    let verdict = judging::judged(policy, record, record.present(), true);
    let of = |severity| {
        let found = verdict.findings.iter().filter(move |one| one.severity == severity);
        found.map(|one| one.code.as_str().to_owned()).collect()
    };
    (of(genlock::model::Severity::Block), of(genlock::model::Severity::Warn))
}

/// What is declared blocks with `code` even where it was approved before, and not once it is approved.
#[track_caller]
fn clears_by_approval(more: &str, code: &str) {
    let mut world = World::new();
    world.approve(Scope::Final, true).declare(declaration(more));
    world.blocks(code);
    world.approve(Scope::Final, true);
    world.silent(code);
}

fn registered(change: impl Fn(&mut Tool)) -> Tool {
    let mut tool = Tool {
        name: "Sketcher".into(),
        enterprise: Some(Answer::Yes),
        stores: Some(Answer::No),
        reuses: Some(Answer::No),
        trains_on_inputs: Some(Answer::No),
        trains_on_outputs: Some(Answer::No),
        ..Tool::default()
    };
    change(&mut tool);
    tool
}

const SKETCHER: &str = "tool = \"Sketcher\"";

#[test]
fn the_coverage_table_is_whole_and_names_what_there_is() {
    let page = include_str!("../../docs/guidance-coverage.md");
    let policy = netflix();
    let template = include_str!("../../src/app/declare/fields.rs");
    let this = include_str!("guidance.rs");
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() >= 48, "{} rows", rows.len());
    let mut tests = BTreeSet::new();
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 3, "{row}");
        let words = |cell: &str| -> Vec<String> {
            cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        let (named, test) = (words(cells[1]), words(cells[2]));
        assert!(
            !cells[0].is_empty() && !named.is_empty() && test.len() == 1,
            "a cell is empty: {row}"
        );
        for one in named {
            let rule = RuleCode::ALL.iter().any(|code| code.as_str() == one);
            let escalation = policy.escalations.iter().any(|code| *code.code == *one);
            let key = template.contains(&format!("\"{one}\""));
            assert!(
                rule || escalation || key || one == "report-intended-use",
                "{one} is nothing: {row}"
            );
        }
        assert!(this.contains(&format!("\nfn {}()", test[0])), "{} is no test", test[0]);
        assert!(tests.insert(test[0].clone()), "{} is the test of two rows", test[0]);
    }
}

#[test]
fn the_four_media_are_known() {
    for (word, medium) in [
        ("video", Medium::Video),
        ("sound", Medium::Sound),
        ("text", Medium::Text),
        ("image", Medium::Image),
    ] {
        assert_eq!(declaration(&format!("medium = \"{word}\"")).medium, Some(medium));
    }
}

#[test]
fn every_use_is_declared_and_reported() {
    let mut world = World::new();
    world.warns("ai-undeclared");
    world.declare(declaration(""));
    world.silent("ai-undeclared");
    world.warns("ai-unreported");
    let (declaration, to) = (DeclarationId(1), "Dana".to_owned());
    world.add(Event::Reported(Reported { declaration, version: 1, to, on: None, document: None }));
    world.silent("ai-unreported");
}

#[test]
fn a_use_of_low_risk_is_only_reported() {
    reports("medium = \"image\"\nprominence = \"background\"\nelements = [\"texture\"]");
}

#[test]
fn what_is_final_is_approved_in_writing() {
    escalates("final = true", "final-deliverable");
    let mut world = World::new();
    world.blocks("ai-unapproved");
    world.approve(Scope::Final, false);
    world.blocks("approval-no-document");
    world.approve(Scope::Final, true);
    assert!(world.judge().0.is_empty());
}

#[test]
fn a_talent_likeness_is_escalated() {
    escalates("talent = [\"Jane Doe\"]", "talent-likeness");
    escalates("elements = [\"likeness\"]", "talent-likeness");
    clears_by_approval("elements = [\"likeness\"]", "talent-unapproved");
    // Who is named is enough: nobody has to say of the elements what the performers say already.
    let talent = |more: &str| format!("talent = [{{ name = \"J\", consent = \"C-1\"{more} }}]");
    for made in [
        "",
        ", use = \"replica\"",
        ", use = \"synthetic\"",
        ", use = \"replica\", exempt = \"safety\"",
    ] {
        clears_by_approval(&talent(made), "talent-unapproved");
    }
}

#[test]
fn personal_data_is_escalated_and_approved() {
    escalates("personal_data = \"yes\"", "personal-data");
    escalates("personal_data = \"unsure\"", "personal-data");
    clears_by_approval("personal_data = \"yes\"", "personal-data-unapproved");
}

#[test]
fn third_party_ip_is_escalated_and_approved() {
    escalates("third_party_ip = \"yes\"", "third-party-ip");
    clears_by_approval("third_party_ip = \"unsure\"", "third-party-ip-unapproved");
}

#[test]
fn principle_1_copies_nothing() {
    escalates("principles.p1 = \"unsure\"", "principle-1");
    clears_by_approval("principles.p1 = \"no\"", "third-party-ip-unapproved");
}

#[test]
fn principle_2_tools_keep_nothing() {
    escalates("principles.p2 = \"no\"", "principle-2");
    clears_by_approval("principles.p2 = \"no\"", "tool-trains-on-data");
    let (tier, codes) = answered(SKETCHER, &[registered(|tool| tool.stores = Some(Answer::Yes))]);
    assert_eq!((tier, codes), (Tier::Escalate, vec!["tool-keeps-data".to_owned()]));
}

#[test]
fn principle_3_enterprise_where_possible() {
    escalates("principles.p3 = \"unsure\"", "principle-3");
    // "Where possible": said, and no more.
    World::new().declare(declaration("principles.p3 = \"no\"")).warns("tool-not-enterprise");
}

#[test]
fn principle_4_temporary_stays_out_of_finals() {
    escalates("principles.p4 = \"no\"", "principle-4");
    clears_by_approval("final = false", "declared-temporary");
    World::new().approve(Scope::Temp, true).blocks("approval-temp-only");
}

#[test]
fn principle_5_replaces_nobody_without_consent() {
    escalates("principles.p5 = \"unsure\"", "principle-5");
    clears_by_approval("principles.p5 = \"no\"", "union-impact");
}

#[test]
fn yes_to_all_five_is_a_report() {
    reports("");
}

#[test]
fn no_or_unsure_to_any_escalates() {
    for number in 1..=5 {
        for word in ["no", "unsure"] {
            let code = format!("principle-{number}");
            escalates(&format!("principles.p{number} = \"{word}\""), &code);
        }
    }
}

#[test]
fn a_custom_workflow_keeps_the_same_principles() {
    escalates("vendor = \"Studio\"\npipeline = [\"A\", \"B\"]", "pipeline-step");
    escalates("vendor = \"Studio\"\nprinciples.p2 = \"no\"", "principle-2");
}

#[test]
fn proprietary_material_is_approved_before_it_goes_in() {
    escalates("proprietary = \"yes\"", "proprietary-material");
    clears_by_approval("proprietary = \"yes\"", "proprietary-unapproved");
}

#[test]
fn a_tool_is_looked_at_before_it_is_used() {
    escalates("principles.p2 = \"unsure\"", "principle-2");
    escalates("principles.p3 = \"no\"", "principle-3");
    escalates("pipeline = [{ tool = \"Plugin\" }]", "pipeline-step");
    let mut world = World::new();
    world.declare(declaration(SKETCHER)).warns("tool-unregistered");
    world.tool(registered(|tool| tool.enterprise = None)).warns("tool-not-enterprise");
    world.silent("tool-unregistered");
}

#[test]
fn personal_data_of_an_input_counts() {
    let input = "inputs = [{ what = \"a call sheet\", personal_data = \"yes\" }]";
    escalates(input, "personal-data");
    clears_by_approval(input, "personal-data-unapproved");
}

#[test]
fn training_needs_clearance() {
    let uncleared = "training_data = \"an artist's works\"";
    escalates(uncleared, "training-data");
    clears_by_approval(uncleared, "training-data-uncleared");
    reports(&format!("{uncleared}\ntraining_clearance = \"licence 7\""));
}

#[test]
fn key_creative_elements_are_approved() {
    for element in ["character", "key-visual", "setting"] {
        escalates(&format!("elements = [\"{element}\"]"), "key-creative-element");
        clears_by_approval(&format!("elements = [\"{element}\"]"), "key-element-unapproved");
    }
}

#[test]
fn inputs_of_others_need_clearance() {
    let input = |more: &str| {
        format!("inputs = [{{ what = \"a photograph\", third_party = \"yes\"{more} }}]")
    };
    escalates(&input(""), "third-party-ip");
    clears_by_approval(&input(""), "third-party-ip-unapproved");
    reports(&input(", clearance = \"licence 7\""));
    escalates(&input(", clearance = \" \""), "third-party-ip");
    assert_eq!(declaration("prompts = [\"in the manner of\"]").prompts.len(), 1);
}

#[test]
fn public_figures_and_the_deceased_need_permission() {
    escalates("public_figure = \"yes\"", "public-figure");
    clears_by_approval("public_figure = \"unsure\"", "likeness-unapproved");
}

#[test]
fn a_replica_needs_documented_consent() {
    let replica =
        |more: &str| format!("talent = [{{ name = \"Jane Doe\", use = \"replica\"{more} }}]");
    escalates(&replica(""), "talent-likeness");
    let mut world = World::new();
    world.declare(declaration(&replica(""))).approve(Scope::Final, true);
    world.blocks("talent-consent-missing");
    let mut world = World::new();
    world.declare(declaration(&replica(", consent = \"C-17\""))).silent("talent-consent-missing");
}

#[test]
fn guild_facts_are_on_record() {
    let talent = "talent = [{ name = \"J\", consent = \"C\", guild = \"SAG-AFTRA\", \
        notice = \"2026-11-01\", represented_by = \"counsel\" }]";
    let declared = declaration(talent);
    assert_eq!(declared.talent[0].guild.as_deref(), Some("SAG-AFTRA"));
    assert_eq!(declared.talent[0].notice.as_deref(), Some("2026-11-01"));
    assert_eq!(declared.talent[0].represented_by.as_deref(), Some("counsel"));
    escalates(talent, "talent-likeness");
}

#[test]
fn an_alteration_of_intent_is_escalated() {
    escalates("alters_performance = \"unsure\"", "performance-altered");
    escalates("talent = [{ name = \"J\", use = \"alteration\" }]", "performance-altered");
    clears_by_approval("alters_performance = \"unsure\"", "talent-unapproved");
}

#[test]
fn misleading_content_is_escalated_even_as_background() {
    let news = "could_mislead = \"yes\"\nprominence = \"background\"";
    escalates(news, "could-mislead");
    clears_by_approval(news, "misleading-content");
}

#[test]
fn union_covered_work_is_escalated() {
    escalates("union_impact = \"unsure\"", "union-covered-work");
    clears_by_approval("union_impact = \"yes\"", "union-impact");
}

#[test]
fn the_register_says_which_tools_are_enterprise() {
    let mut world = World::new();
    world.declare(declaration(SKETCHER)).warns("tool-unregistered");
    world.tool(registered(|tool| tool.enterprise = None)).warns("tool-not-enterprise");
    world.silent("tool-unregistered");
    world.tool(registered(|_| {})).silent("tool-not-enterprise");
}

#[test]
fn a_secure_tool_does_not_make_sensitive_material_harmless() {
    for (more, code) in [
        ("proprietary = \"yes\"", "proprietary-material"),
        ("personal_data = \"yes\"", "personal-data"),
        ("talent = [\"Jane Doe\"]", "talent-likeness"),
    ] {
        let (tier, codes) = answered(&format!("{SKETCHER}\n{more}"), &[registered(|_| {})]);
        assert_eq!((tier, codes), (Tier::Escalate, vec![code.to_owned()]));
    }
}

#[test]
fn tools_of_a_pipeline_do_not_train_either() {
    let step = "pipeline = [{ tool = \"Sketcher\", meets_guidance = \"yes\" }]";
    let trains = registered(|tool| tool.trains_on_inputs = Some(Answer::Yes));
    let (_, codes) = answered(step, std::slice::from_ref(&trains));
    assert_eq!(codes, ["tool-keeps-data"]);
    let mut world = World::new();
    world.approve(Scope::Final, true).tool(trains).declare(declaration(step));
    world.blocks("tool-trains-on-data");
}

#[test]
fn terms_are_reviewed_and_kept() {
    let mut world = World::new();
    world.declare(declaration("tool = \"Sketcher\"\nlicence_tier = \"free\""));
    world
        .tool(registered(|tool| tool.enterprise = Some(Answer::No)))
        .warns("tool-terms-unreviewed");
    let terms = Document { hash: asset(), name: "terms".into(), size: 1 };
    world.tool(registered(|tool| {
        tool.enterprise = Some(Answer::No);
        tool.terms = Some(terms.clone());
    }));
    world.silent("tool-terms-unreviewed");
}

#[test]
fn every_generated_element_is_flagged() {
    World::new().warns("ai-undeclared");
    let weak = Evidence::new("test", Strength::Heuristic, "looks like it", "a place");
    World::seen("image/png", vec![weak]).blocks("suspect-undetermined");
    let unmarked = World::seen("image/png", vec![]);
    unmarked.warns("origin-unknown");
    unmarked.silent("sources-undeclared");
    World::seen("video/quicktime", vec![]).warns("sources-undeclared");
    World::seen("audio/wav", vec![]).warns("origin-unknown");
}

#[test]
fn generated_signage_in_a_final_is_escalated() {
    let sign = "elements = [\"signage\"]\nfinal = true\nprominence = \"background\"";
    escalates(sign, "final-deliverable");
    let missing = "rights-clearance-missing";
    World::new().declare(declaration(sign)).warns(missing);
    let cleared = |by: &str| declaration(&format!("rights_clearance = \"{by}\"\n{sign}"));
    World::new().declare(cleared(" ")).warns(missing);
    World::new().declare(cleared("letter 4")).silent(missing);
    // Temporary, or nothing to be read.
    World::new().declare(declaration("elements = [\"signage\"]")).silent(missing);
    World::new().declare(declaration("elements = [\"prop\"]\nfinal = true")).silent(missing);
    let open = "elements = [\"text\"]\nprinciples.p4 = \"unsure\"";
    let mut open = declaration(open);
    open.is_final = None;
    World::new().declare(open).warns(missing);
}

#[test]
fn an_incidental_temporary_element_is_not_escalated() {
    reports("elements = [\"signage\"]\nprominence = \"incidental\"");
}

#[test]
fn a_prominent_element_is_escalated() {
    escalates("elements = [\"prop\"]\nprominence = \"prominent\"", "story-relevant");
    escalates("elements = [\"prop\"]\nprominence = \"story-critical\"", "story-relevant");
    assert!(Prominence::StoryCritical > Prominence::Incidental);
}

#[test]
fn a_prominent_final_needs_human_input() {
    let prop = "final = true\nprominence = \"prominent\"";
    World::new().declare(declaration(prop)).warns("human-input-missing");
    let said = format!("human_contribution = \"painted over\"\n{prop}");
    World::new().declare(declaration(&said)).silent("human-input-missing");
    // Where nobody says whether it is final, principle 4 does.
    for (p4, warns) in [(None, true), (Some(Answer::No), true), (Some(Answer::Yes), false)] {
        let mut open = declaration("prominence = \"prominent\"");
        (open.is_final, open.principles.p4) = (None, p4);
        let mut world = World::new();
        world.declare(open);
        if warns { world.warns("human-input-missing") } else { world.silent("human-input-missing") }
    }
}

#[test]
fn exploring_ideas_is_not_escalated() {
    reports("phase = \"ideation\"\nprominence = \"prominent\"\nelements = [\"prop\"]");
}

#[test]
fn who_is_named_without_more_counts_as_a_replica() {
    World::new().declare(declaration("talent = [\"Jane Doe\"]")).blocks("talent-consent-missing");
    World::new().declare(declaration("talent = [\"Jane Doe\"]")).blocks("talent-unapproved");
}

#[test]
fn exemptions_of_a_replica_are_from_further_consent_only() {
    for exempt in ["as-performed", "safety", "unrecognisable"] {
        let talent = |more: &str| {
            format!("talent = [{{ name = \"J\", use = \"replica\", exempt = \"{exempt}\"{more} }}]")
        };
        World::new().declare(declaration(&talent(""))).blocks("talent-consent-missing");
        let consented = talent(", consent = \"C-17\"");
        World::new().declare(declaration(&consented)).silent("talent-consent-missing");
    }
}

#[test]
fn customary_alterations_need_no_consent() {
    let altered =
        |exempt: &str| format!("talent = [{{ name = \"J\", use = \"alteration\"{exempt} }}]");
    World::new().declare(declaration(&altered(""))).blocks("talent-consent-missing");
    for exempt in ["customary", "as-performed", "agreed"] {
        let talent = altered(&format!(", exempt = \"{exempt}\""));
        let mut world = World::new();
        world.declare(declaration(&talent)).silent("talent-consent-missing");
        world.silent("talent-unapproved");
    }
    // What excuses a replica excuses no alteration.
    for exempt in ["safety", "unrecognisable"] {
        let talent = altered(&format!(", exempt = \"{exempt}\""));
        World::new().declare(declaration(&talent)).blocks("talent-consent-missing");
        escalates(&talent, "performance-altered");
        let consented = talent.replace("\"J\"", "\"J\", consent = \"C-1\"");
        clears_by_approval(&consented, "talent-unapproved");
    }
}

#[test]
fn consent_for_another_production_does_not_count() {
    let text = PROFILES[0].text.replace("# production = \"…\"", "production = \"Saltmarsh\"");
    let policy = Policy::parse(&text).unwrap();
    for (production, blocked) in [("Saltmarsh", false), ("Another Show", true)] {
        let talent = format!(
            "talent = [{{ name = \"J\", consent = \"C\", production = \"{production}\", \
             scope = \"episode 1\", consent_until = \"2099-01-01\" }}]"
        );
        let mut world = World::new();
        world.declare(declaration(&talent));
        let found = judged(&world.record, &policy).0.contains(&"consent-out-of-scope".to_owned());
        assert_eq!(found, blocked, "{production}");
        // Where the policy names none there is nothing to compare it with, which is said.
        world.silent("consent-out-of-scope");
        world.warns("production-unset");
        assert!(!judged(&world.record, &policy).1.contains(&"production-unset".to_owned()));
    }
    let nowhere = "talent = [{ name = \"J\", consent = \"C\" }]";
    World::new().declare(declaration(nowhere)).silent("production-unset");
}

#[test]
fn talent_cases_are_for_people_to_review() {
    let talent =
        "note = \"tests planned with the performer\"\ntalent = [{ name = \"J\", consent = \"C\" }]";
    escalates(talent, "talent-likeness");
    assert!(declaration(talent).note.is_some());
}

#[test]
fn each_step_of_a_pipeline_is_answered_for() {
    escalates("pipeline = [{ tool = \"A\", meets_guidance = \"yes\" }, \"B\"]", "pipeline-step");
    reports("pipeline = [{ tool = \"A\", meets_guidance = \"yes\" }]");
}

#[test]
fn an_unsure_step_escalates() {
    let step = "vendor = \"Studio\"\npipeline = [{ tool = \"A\", meets_guidance = \"unsure\" }]";
    escalates(step, "pipeline-step");
}

#[test]
fn matrix_ideation_is_a_report() {
    reports("phase = \"ideation\"\nelements = [\"reference\"]");
    reports("phase = \"ideation\"\nelements = [\"character\"]");
}

#[test]
fn matrix_background_is_escalated_if_story_relevant() {
    escalates("elements = [\"signage\"]\nprominence = \"story-critical\"", "story-relevant");
    escalates(
        "elements = [\"signage\"]\nprominence = \"incidental\"\nfinal = true",
        "final-deliverable",
    );
}

#[test]
fn matrix_final_key_visuals_escalate() {
    for element in ["character", "key visual"] {
        let what = format!("elements = [\"{element}\"]\nfinal = true\nphase = \"ideation\"");
        escalates(&what, "key-creative-element");
    }
}

#[test]
fn matrix_talent_replication_escalates() {
    for element in ["voice", "likeness", "performance"] {
        escalates(&format!("elements = [\"{element}\"]"), "talent-likeness");
    }
}

#[test]
fn matrix_unowned_training_data_escalates() {
    escalates("training_data = \"celebrity faces\"", "training-data");
}

#[test]
fn matrix_proprietary_material_escalates() {
    escalates("proprietary = \"yes\"", "proprietary-material");
    let mut world = World::new();
    world.declare(declaration("proprietary = \"yes\"\ntool = \"Sketcher\""));
    world.tool(registered(|tool| tool.enterprise = Some(Answer::No))).warns("tool-not-enterprise");
}

mod properties;
