//! How a project wants contents examined: trust list, pixels, and what the place of a file says.

use std::collections::BTreeSet;
use std::path::Path;

use crate::app::select::{Pattern, rooted};
use crate::app::{AppError, Project};
use crate::config::{self, ConfigError};
use crate::detect::{Settings, name_mark};
use crate::model::{AssetId, AssetPath, Evidence, RelPath, SourceType, Strength};

/// What examining needs to know, for one run of a command.
pub(super) struct Detection {
    /// For the detectors.
    pub(super) settings: Settings,
    /// Whether pixels are decoded too.
    pub(super) deep: bool,
    /// The hash of the trust list, where one is configured.
    pub(super) trust_list: Option<AssetId>,
    rules: Vec<Rule>,
}

/// A path rule.
struct Rule {
    glob: String,
    pattern: Pattern,
    literal: Option<AssetPath>,
}

impl Detection {
    /// By the project's settings; `deep` may ask for more than they do.
    pub(super) fn of(project: &Project, deep: bool) -> Result<Self, AppError> {
        let trust_list = project.config.trust_list.as_deref().map(read_list).transpose()?;
        let deep = deep || project.config.deep;
        Ok(Self {
            trust_list: trust_list
                .as_ref()
                .map(|text| AssetId::from(blake3::hash(text.as_bytes()))),
            settings: Settings::new(trust_list).deep(deep),
            deep,
            rules: project
                .config
                .rules
                .iter()
                .map(|glob| rule(project, glob))
                .collect::<Result<_, _>>()?,
        })
    }

    /// What the place of a file says of its content, whatever that is: at most suspicion.
    pub(super) fn of_place(&self, path: &AssetPath) -> Vec<Evidence> {
        let mut evidence = Vec::new();
        if let Some(mark) = name_mark(path.path.as_bytes()) {
            evidence.push(Evidence { place: format!("file name {path}"), ..mark });
        }
        evidence.extend(self.of_rules(path, &|_| true));
        evidence
    }

    /// What those rules say of a path that are `wanted`, by their globs.
    pub(super) fn of_rules(
        &self,
        path: &AssetPath,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Vec<Evidence> {
        let rules = self.rules.iter().filter(|rule| wanted(&rule.glob) && rule.covers(path));
        rules.map(|rule| rule.evidence(path)).collect()
    }

    /// The globs of the rules.
    pub(super) fn globs(&self) -> BTreeSet<String> {
        self.rules.iter().map(|rule| rule.glob.clone()).collect()
    }
}

impl Rule {
    fn covers(&self, path: &AssetPath) -> bool {
        let within =
            |literal: &AssetPath| literal.root == path.root && path.path.is_within(&literal.path);
        self.literal.as_ref().is_some_and(within) || self.pattern.matches(&path.root, &path.path)
    }

    fn evidence(&self, path: &AssetPath) -> Evidence {
        let mark =
            format!("lies where the path rule {:?} says that AI-made material is kept", self.glob);
        Evidence {
            source_type: Some(SourceType::TrainedAlgorithmicMedia),
            rule: Some(self.glob.clone()),
            ..Evidence::new("path-rule", Strength::Heuristic, mark, format!("path {path}"))
        }
    }
}

fn rule(project: &Project, glob: &str) -> Result<Rule, AppError> {
    let bad = |reason: &str| ConfigError::BadPattern {
        path: project.control().join("config.toml"),
        pattern: glob.to_owned(),
        reason: reason.to_owned(),
    };
    let (root, below) =
        rooted(project, glob).ok_or_else(|| bad("write it relative to the project or a root"))?;
    let pattern = Pattern::new(root.clone(), below)
        .map_err(|error| AppError::from(bad(&error.to_string())))?;
    let literal = RelPath::new(below).ok().map(|path| AssetPath::new(root, path));
    Ok(Rule { glob: glob.to_owned(), pattern, literal })
}

/// A list without a single certificate would make every signer untrusted without a word.
fn read_list(path: &Path) -> Result<String, AppError> {
    let text = config::read(path)?;
    if !text.contains("-----BEGIN CERTIFICATE-----") {
        let problem = "a trust list is certificates in PEM, and there is none in it".to_owned();
        return Err(ConfigError::Invalid { path: path.to_owned(), problem }.into());
    }
    Ok(text)
}
