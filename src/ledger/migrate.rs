//! The numbered schema files and bringing a ledger up to the newest one.

use rusqlite::{Connection, TransactionBehavior};

use crate::failpoint;

/// `GLK1`: marks a file as a Genlock ledger.
pub(super) const APPLICATION_ID: i32 = 0x474c_4b31;

/// Every schema file, in order; number `n` brings a ledger to format `n`. Never edited once landed
/// (`schema/CHECKSUMS`); never made of today's code.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("../../schema/0001_ledger.sql"),
    include_str!("../../schema/0002_attached_evidence.sql"),
    include_str!("../../schema/0003_declarations.sql"),
    include_str!("../../schema/0004_lineage.sql"),
];

/// The newest format.
pub(super) fn newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// Applies what is missing, each file in a transaction of its own with its number.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    while format(connection)? < newest() {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have done it while this one waited to write.
        let format = format(&transaction)?;
        if let Some(sql) = MIGRATIONS.get(format as usize) {
            transaction.execute_batch(sql)?;
            transaction.pragma_update(None, "user_version", format + 1)?;
            failpoint::hit("schema-filled");
        }
        transaction.commit()?;
    }
    Ok(())
}

/// The format that a ledger has.
pub(super) fn format(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn landed_schema_files_are_never_edited() {
        let sums = include_str!("../../schema/CHECKSUMS");
        let listed: Vec<_> = sums.lines().filter_map(|line| line.split_once("  ")).collect();
        assert_eq!(listed.len(), MIGRATIONS.len(), "schema/CHECKSUMS lists every file");
        for ((sum, name), sql) in listed.into_iter().zip(MIGRATIONS) {
            assert_eq!(blake3::hash(sql.as_bytes()).to_hex().as_str(), sum, "{name} was edited");
        }
    }
}
