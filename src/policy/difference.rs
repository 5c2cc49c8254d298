//! The difference of two texts, line by line, for people who must see what changed.

/// Above this many comparisons only what is common to both ends is left out.
const MAX_COMPARISONS: usize = 4_000_000;

/// What went (`-`) and what came (`+`), in order, without comments. Not a set of lines: where two lines
/// trade places, that is shown.
pub(super) fn all_lines(before: &str, after: &str) -> Vec<String> {
    let lines = |text: &'_ str| -> Vec<String> {
        text.lines().map(|line| line.trim_end().to_owned()).collect()
    };
    let (before, after) = (lines(before), lines(after));
    let start = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let (before, after) = (&before[start..], &after[start..]);
    let end = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
    let (before, after) = (&before[..before.len() - end], &after[..after.len() - end]);
    let mut all = Vec::new();
    if before.len().saturating_mul(after.len()) <= MAX_COMPARISONS {
        walk(before, after, &mut all);
    } else {
        all.extend(before.iter().map(|line| ('-', line)));
        all.extend(after.iter().map(|line| ('+', line)));
    }
    let says = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let all = all.into_iter().filter(|(_, line)| says(line));
    all.map(|(sign, line)| format!("{sign} {line}")).collect()
}

/// Along a longest common subsequence.
fn walk<'a>(before: &'a [String], after: &'a [String], all: &mut Vec<(char, &'a String)>) {
    let wide = after.len() + 1;
    let mut common = vec![0_u32; (before.len() + 1) * wide];
    for at in (0..before.len()).rev() {
        for to in (0..after.len()).rev() {
            common[at * wide + to] = if before[at] == after[to] {
                common[(at + 1) * wide + to + 1] + 1
            } else {
                common[(at + 1) * wide + to].max(common[at * wide + to + 1])
            };
        }
    }
    let (mut at, mut to) = (0, 0);
    while at < before.len() || to < after.len() {
        if at < before.len() && to < after.len() && before[at] == after[to] {
            (at, to) = (at + 1, to + 1);
        } else if to == after.len()
            || (at < before.len() && common[(at + 1) * wide + to] >= common[at * wide + to + 1])
        {
            all.push(('-', &before[at]));
            at += 1;
        } else {
            all.push(('+', &after[to]));
            to += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_and_what_came_is_shown_in_order() {
        assert_eq!(all_lines("a\nb\nc\n", "a\nx\nc\ny\n"), ["- b", "+ x", "+ y"]);
        assert_eq!(all_lines("", "dana KEY\n"), ["+ dana KEY"]);
        assert_eq!(all_lines("a\n", ""), ["- a"]);
        assert!(all_lines("a\n", "a\n\n# b\n").is_empty());
        // Two severities that trade places are not "the same lines".
        let (before, after) = ("r1\nblock\nr2\nwarn\n", "r1\nwarn\nr2\nblock\n");
        assert!(!all_lines(before, after).is_empty());
    }
}
