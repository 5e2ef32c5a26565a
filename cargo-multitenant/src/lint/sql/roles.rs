//! What a node that holds a name stands for.

use super::tree::{self, Kind, Node};
use super::{Class, Role};

/// What a node that holds a name stands for.
pub(super) fn classify(node: &Node) -> Option<(Class, Role)> {
    let parent = node.parent()?;
    let statement =
        || parent.ancestors().find(|above| tree::is_statement(above.kind())).map_or(Kind::ERROR, |s| s.kind());
    Some(match node.kind() {
        Kind::TABLE_NAME => {
            (Class::Table, if parent.kind() == Kind::TABLE_RENAME_TO { Role::NewName } else { Role::Subject })
        }
        Kind::TABLE_NAME_REF => (table_class(statement()), table_role(&parent, statement())),
        Kind::RELATION_NAME_REF => (Class::Table, relation_role(&parent, statement())),
        Kind::VIEW if parent.kind() == Kind::VIEW_RENAME_TO => (Class::View, Role::NewName),
        Kind::VIEW | Kind::VIEW_REF => (view_class(statement(), &parent), Role::Subject),
        Kind::INDEX if parent.kind() == Kind::INDEX_RENAME_TO => (Class::Index, Role::NewName),
        Kind::INDEX => (Class::Index, Role::Subject),
        Kind::INDEX_REF if parent.kind() == Kind::USING_INDEX_NAME => (Class::Index, Role::Read),
        Kind::INDEX_REF => (Class::Index, Role::Subject),
        Kind::SEQUENCE if parent.kind() == Kind::SEQUENCE_RENAME_TO => (Class::Sequence, Role::NewName),
        Kind::SEQUENCE | Kind::SEQUENCE_REF => (Class::Sequence, Role::Subject),
        Kind::TYPE_NAME if parent.kind() == Kind::TYPE_RENAME_TO => (Class::Type, Role::NewName),
        Kind::TYPE_NAME | Kind::TYPE_NAME_REF => (Class::Type, Role::Subject),
        Kind::DOMAIN | Kind::DOMAIN_REF => (Class::Domain, Role::Subject),
        Kind::PATH_TYPE | Kind::PERCENT_TYPE => (Class::Type, Role::TypeUse),
        Kind::FUNCTION_NAME | Kind::PROCEDURE_NAME | Kind::ROUTINE_NAME => (Class::Routine, Role::Subject),
        Kind::PROCEDURE_NAME_REF if parent.kind() == Kind::CALL => (Class::Routine, Role::Call),
        Kind::FUNCTION_NAME_REF | Kind::PROCEDURE_NAME_REF | Kind::ROUTINE_NAME_REF => (Class::Routine, Role::Subject),
        Kind::SCHEMA | Kind::SCHEMA_REF => {
            let subject = matches!(statement(), Kind::CREATE_SCHEMA | Kind::DROP_SCHEMA | Kind::ALTER_SCHEMA);
            // `SET SCHEMA`, `IN SCHEMA` and the like say where something else is.
            (Class::Schema, if subject { Role::Subject } else { Role::Mention })
        }
        Kind::TRIGGER | Kind::TRIGGER_REF => (Class::Trigger, Role::Subject),
        Kind::EXTENSION_REF if parent.kind() == Kind::DROP_EXTENSION => (Class::Extension, Role::Subject),
        Kind::DATABASE_REF => (Class::Database, Role::Mention),
        Kind::OP_CLASS_REF => (Class::OperatorFamily, Role::Read),
        Kind::COLLATION_REF => (Class::Collation, Role::Read),
        Kind::QUALIFIED_COLUMN_NAME_REF => (Class::Table, Role::On),
        _ => return None,
    })
}

fn table_class(statement: Kind) -> Class {
    match statement {
        Kind::DROP_FOREIGN_TABLE | Kind::ALTER_FOREIGN_TABLE => Class::ForeignTable,
        _ => Class::Table,
    }
}

fn view_class(statement: Kind, parent: &Node) -> Class {
    let is_materialized = matches!(
        statement,
        Kind::CREATE_MATERIALIZED_VIEW | Kind::ALTER_MATERIALIZED_VIEW | Kind::DROP_MATERIALIZED_VIEW | Kind::REFRESH
    ) || parent.kind() == Kind::OBJECT_MATERIALIZED_VIEW;
    if is_materialized { Class::MaterializedView } else { Class::View }
}

fn table_role(parent: &Node, statement: Kind) -> Role {
    match parent.kind() {
        Kind::REFERENCES_CONSTRAINT | Kind::FOREIGN_KEY_CONSTRAINT => Role::ForeignKey,
        Kind::PARTITION_OF | Kind::INHERITS | Kind::INHERIT_TABLE => Role::Parent,
        Kind::ATTACH_PARTITION | Kind::DETACH_PARTITION => Role::Partition,
        Kind::ON_TABLE => Role::On,
        Kind::COPY_TABLE => {
            let from = parent.parent().is_some_and(|copy| tree::child(&copy, Kind::COPY_FROM).is_some());
            if from { Role::Write } else { Role::Read }
        }
        Kind::PUBLICATION_OBJECT_TABLE => Role::Read,
        _ => match statement {
            Kind::CREATE_INDEX | Kind::CREATE_POLICY | Kind::CREATE_TRIGGER | Kind::CREATE_STATISTICS => Role::On,
            Kind::TRUNCATE => Role::Write,
            Kind::VACUUM | Kind::ANALYZE | Kind::CLUSTER | Kind::SELECT | Kind::TABLE => Role::Read,
            _ => Role::Subject,
        },
    }
}

fn relation_role(parent: &Node, statement: Kind) -> Role {
    match parent.kind() {
        Kind::INSERT => Role::Write,
        Kind::LIKE_CLAUSE => Role::Parent,
        Kind::ON_RELATION | Kind::RULE_ON => Role::On,
        Kind::PRIVILEGE_DEFAULT | Kind::PRIVILEGE_TABLE | Kind::PRIVILEGE_SEQUENCE => Role::Subject,
        Kind::RELATION_NAME => {
            let above = parent.parent().map_or(Kind::ERROR, |above| above.kind());
            match above {
                Kind::UPDATE | Kind::DELETE | Kind::MERGE => Role::Write,
                _ if statement == Kind::LOCK => Role::Lock,
                _ => Role::Read,
            }
        }
        Kind::RELATION_FROM_ITEM => Role::Read,
        _ if statement == Kind::LOCK => Role::Lock,
        _ => Role::Read,
    }
}
