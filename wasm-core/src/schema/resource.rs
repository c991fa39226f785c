//! One resource type: a handle of a few words; each question is answered from the table when it is asked.

use crate::model::Operation;

use super::kind::{Object, Property};
use super::table::{Cursor, Section, Table};

/// Prior for types nobody has measured, seconds.
const UNMEASURED_S: u32 = 5;

/// A resource type of the registry.
#[derive(Clone, Copy)]
pub struct ResourceType {
    table: &'static Table,
    name: &'static str,
    definition: usize,
    flags: usize,
    rest: Cursor,
}

/// An operation that the registry's provider of a type can perform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Handler {
    /// Create.
    Create,
    /// Read.
    Read,
    /// Update.
    Update,
    /// Delete.
    Delete,
    /// List.
    List,
}

impl Handler {
    /// All of them, in the order of a resource's life.
    pub const ALL: [Self; 5] = [Self::Create, Self::Read, Self::Update, Self::Delete, Self::List];

    /// Its name in the registry's schema.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::List => "list",
        }
    }
}

/// What `Ref` returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// The primary identifier as Cloud Control writes it (compound parts joined with `|`).
    Identifier,
    /// One part of a compound primary identifier.
    IdentifierPart(usize),
    /// A property that is no part of the primary identifier.
    Property(&'static str),
    /// AWS::Events::Rule: the rule's name, after `bus|` unless it is on the default bus.
    EventRule,
}

/// How a type is tagged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tagging {
    /// The property that holds the tags.
    pub property: &'static str,
    /// What it looks like.
    pub shape: TagShape,
    /// Whether tags can be given on creation.
    pub on_create: bool,
    /// Whether tags can change without replacement.
    pub updatable: bool,
    /// Whether `aws:` tags are applied by CloudFormation.
    pub system_tags: bool,
}

/// Shape of a tags property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagShape {
    /// `[{Key, Value}]`.
    KeyValueList,
    /// `{key: value}`.
    Map,
    /// `[{Key, Value, PropagateAtLaunch}]`.
    AutoScaling,
    /// Something else; leave it to the user.
    Other,
}

const STATEFUL: usize = 5;
const DELETE_FIRST: usize = 6;
const TAGGABLE: usize = 7;

struct Head {
    seconds: [usize; 3],
    minutes: [usize; 3],
    reference: Reference,
    tagging: Option<(&'static str, usize)>,
    lists: Cursor,
}

/// The string lists of a record, in their order.
#[derive(Clone, Copy)]
enum Strings {
    Identifier,
    CreateOnly,
    ConditionalCreateOnly,
    ReadOnly,
    WriteOnly,
    Attributes,
}
const STRING_LISTS: usize = 6;

impl ResourceType {
    pub(super) fn at(table: &'static Table, place: usize) -> Option<Self> {
        let mut rest = table.cursor(Section::Records, table.offset(Section::Index, place)?);
        let name = rest.framed();
        let definition = rest.number();
        let flags = rest.number();
        Some(Self { table, name, definition, flags, rest })
    }

    fn flag(&self, bit: usize) -> bool {
        self.flags >> bit & 1 == 1
    }

    fn head(&self) -> Head {
        let mut lists = self.rest;
        let seconds = [lists.number(), lists.number(), lists.number()];
        let minutes = [lists.number(), lists.number(), lists.number()];
        let reference = match lists.number() {
            1 => Reference::IdentifierPart(lists.number()),
            2 => Reference::Property(lists.string()),
            3 => Reference::EventRule,
            _ => Reference::Identifier,
        };
        let tagging = self.flag(TAGGABLE).then(|| (lists.string(), lists.number()));
        Head { seconds, minutes, reference, tagging, lists }
    }

    fn strings(&self, which: Strings) -> Vec<&'static str> {
        let mut cursor = self.head().lists;
        for _ in 0..which as usize {
            cursor.skip_strings();
        }
        cursor.strings()
    }

    fn after_strings(&self) -> Cursor {
        let mut cursor = self.head().lists;
        for _ in 0..STRING_LISTS {
            cursor.skip_strings();
        }
        cursor
    }

    /// `AWS::SQS::Queue`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Property paths that together identify a resource, in the order of Cloud Control's identifier.
    #[must_use]
    pub fn primary_identifier(&self) -> Vec<&'static str> {
        self.strings(Strings::Identifier)
    }

    /// The property that names a resource although nobody has to give it.
    #[must_use]
    pub fn naming(&self) -> Option<super::Naming> {
        super::names::naming(self.name)
    }

    /// Other sets of property paths that identify a resource.
    #[must_use]
    pub fn additional_identifiers(&self) -> Vec<Vec<&'static str>> {
        let mut cursor = self.after_strings();
        (0..cursor.count()).map(|_| cursor.strings()).collect()
    }

    /// Paths whose change needs a replacement. Paths are slash-separated, `*` stands for any item or key.
    #[must_use]
    pub fn create_only(&self) -> Vec<&'static str> {
        self.strings(Strings::CreateOnly)
    }

    /// Paths whose change may need a replacement.
    #[must_use]
    pub fn conditional_create_only(&self) -> Vec<&'static str> {
        self.strings(Strings::ConditionalCreateOnly)
    }

    /// Paths that only the provider sets.
    #[must_use]
    pub fn read_only(&self) -> Vec<&'static str> {
        self.strings(Strings::ReadOnly)
    }

    /// Paths that a read never returns.
    #[must_use]
    pub fn write_only(&self) -> Vec<&'static str> {
        self.strings(Strings::WriteOnly)
    }

    /// Names of required properties.
    #[must_use]
    pub fn required(&self) -> Vec<&'static str> {
        self.object().properties().filter(|property| property.required).map(|property| property.name).collect()
    }

    /// Required properties that can only be set at creation and that no read shows: a patch applied to a read lacks them and
    /// must not add them, so no update of the type is valid.
    /// <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2205>
    #[must_use]
    pub fn unpatchable(&self) -> Vec<&'static str> {
        let (create_only, write_only) = (self.create_only(), self.write_only());
        let hidden = |name: &&'static str| create_only.contains(name) && write_only.contains(name);
        self.required().into_iter().filter(hidden).collect()
    }

    /// Whether the provider has this handler.
    #[must_use]
    pub fn has(&self, handler: Handler) -> bool {
        self.flag(handler as usize)
    }

    /// Whether Cloud Control can create and delete it.
    #[must_use]
    pub fn provisionable(&self) -> bool {
        self.has(Handler::Create) && self.has(Handler::Delete)
    }

    /// IAM actions that a handler needs, sorted.
    #[must_use]
    pub fn permissions(&self, handler: Handler) -> Vec<String> {
        let mut cursor = self.after_strings();
        for _ in 0..cursor.count() {
            cursor.skip_strings();
        }
        for _ in 0..cursor.count() {
            cursor.skip_string();
            cursor.skip_string();
        }
        let mut actions = Vec::new();
        for _ in 0..cursor.count() {
            let handlers = cursor.number();
            let service = cursor.string();
            if handlers >> handler as usize & 1 == 1 {
                actions.extend(cursor.strings().into_iter().map(|operation| format!("{service}:{operation}")));
            } else {
                cursor.skip_strings();
            }
        }
        actions.sort_unstable();
        actions
    }

    /// Paths that the provider rewrites, with the JSONata expression of how.
    #[must_use]
    pub fn property_transforms(&self) -> Vec<(&'static str, &'static str)> {
        let mut cursor = self.after_strings();
        for _ in 0..cursor.count() {
            cursor.skip_strings();
        }
        (0..cursor.count()).map(|_| (cursor.string(), cursor.string())).collect()
    }

    /// How long a create, update or delete handler may take, where the registry says so.
    #[must_use]
    pub fn timeout_minutes(&self, handler: Handler) -> Option<u16> {
        let [create, update, delete] = self.head().minutes;
        let minutes = match handler {
            Handler::Create => create,
            Handler::Update => update,
            Handler::Delete => delete,
            Handler::Read | Handler::List => 0,
        };
        u16::try_from(minutes).ok().filter(|minutes| *minutes > 0)
    }

    /// What `Ref` returns.
    #[must_use]
    pub fn reference(&self) -> Reference {
        self.head().reference
    }

    /// Names that `Fn::GetAtt` takes, sorted. `Outputs.*` stands for any name after the dot, `*` for any at all.
    #[must_use]
    pub fn attributes(&self) -> Vec<&'static str> {
        let mut names = self.strings(Strings::Attributes);
        let open = names.contains(&"Outputs.*");
        let hidden = |path: &str| path.contains(['/', '*']) || (open && path == "Outputs");
        names.extend(self.read_only().into_iter().filter(|path| !hidden(path)));
        names.sort_unstable();
        names
    }

    /// Whether deleting or replacing it loses data that no template brings back.
    #[must_use]
    pub fn stateful(&self) -> bool {
        self.flag(STATEFUL)
    }

    /// Whether a replacement deletes the old resource first (`replacementStrategy: delete_then_create`).
    #[must_use]
    pub fn delete_before_create(&self) -> bool {
        self.flag(DELETE_FIRST)
    }

    /// How it is tagged; `None` when it cannot be.
    #[must_use]
    pub fn tagging(&self) -> Option<Tagging> {
        let (property, shape) = self.head().tagging?;
        let shape = match shape {
            1 => TagShape::KeyValueList,
            2 => TagShape::Map,
            3 => TagShape::AutoScaling,
            _ => TagShape::Other,
        };
        let after = |bit| self.flag(TAGGABLE + bit);
        Some(Tagging { property, shape, on_create: after(1), updatable: after(2), system_tags: after(3) })
    }

    /// What it takes of tags that are put on it, where it is tagged at all.
    #[must_use]
    pub fn marking(&self) -> super::Marking {
        super::owned::marking(self.name)
    }

    /// The properties that a list of it has to be asked with, each a set that is enough; none: it needs none.
    #[must_use]
    pub fn listed_by(&self) -> Vec<Vec<&'static str>> {
        super::lists::asked_with(self.name)
    }

    /// How long an operation usually takes: historical averages, 5 s where nothing is known.
    #[must_use]
    pub fn duration_s(&self, operation: Operation) -> u32 {
        let [create, update, delete] = self.head().seconds;
        let stored = match operation {
            Operation::Create => create,
            Operation::Update => update,
            Operation::Delete => delete,
        };
        stored.checked_sub(1).and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(UNMEASURED_S)
    }

    /// Its properties as an object.
    #[must_use]
    pub fn object(&self) -> Object {
        Object::new(self.table, self.definition)
    }

    /// Top-level properties.
    #[must_use]
    pub fn properties(&self) -> Vec<Property> {
        self.object().properties().collect()
    }

    /// The property at a path: member names, `*` or an index for items, any key for maps. Below free-form JSON every
    /// path leads to free-form JSON.
    #[must_use]
    pub fn property(&self, path: &[&str]) -> Option<Property> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.object().property(first)?, |property, segment| property.child(segment))
    }
}

impl std::fmt::Debug for ResourceType {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ResourceType({})", self.name)
    }
}
