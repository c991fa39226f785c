//! What a property may hold. Handles into the table: walking decodes one step at a time and allocates nothing.

use super::table::{Cursor, Section, Table};

/// The declared shape of a value.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// Free-form JSON: anything goes, nothing is converted.
    Json,
    /// A list of one kind.
    List(List),
    /// Keys that the user chooses, values of one kind.
    Map(Map),
    /// Named members.
    Object(Object),
    /// One of several kinds.
    Union(Union),
}

/// An encoded kind and the definition it stands in.
#[derive(Clone, Copy)]
pub(super) struct Node {
    cursor: Cursor,
    definition: usize,
}

/// A list.
#[derive(Clone, Copy)]
pub struct List {
    item: Node,
    /// Whether the order of items means something.
    pub ordered: bool,
    /// Whether items must differ.
    pub unique: bool,
}

/// A map.
#[derive(Clone, Copy)]
pub struct Map {
    value: Node,
}

/// An object definition.
#[derive(Clone, Copy)]
pub struct Object {
    table: &'static Table,
    definition: usize,
}

/// Several kinds of which one applies.
#[derive(Clone, Copy)]
pub struct Union {
    first: Cursor,
    count: usize,
    definition: usize,
}

/// A member of an object.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether its object is incomplete without it.
    pub required: bool,
    node: Node,
}

impl Node {
    pub(super) fn kind(self) -> Kind {
        let Self { mut cursor, definition } = self;
        match cursor.byte() & 0x7f {
            1 | 5 => Kind::String,
            2 => Kind::Integer,
            3 => Kind::Number,
            4 => Kind::Boolean,
            tag @ 8..=11 => {
                Kind::List(List { item: Self { cursor, definition }, ordered: tag & 1 == 0, unique: tag & 2 == 2 })
            }
            12 => Kind::Map(Map { value: Self { cursor, definition } }),
            13 => {
                let zigzag = cursor.number();
                let distance = zigzag.div_ceil(2);
                let target =
                    if zigzag & 1 == 0 { definition.wrapping_add(distance) } else { definition.wrapping_sub(distance) };
                Kind::Object(Object::new(cursor.table, target))
            }
            14 => {
                let count = cursor.count().min(WIDEST_UNION);
                Kind::Union(Union { first: cursor, count, definition })
            }
            _ => Kind::Json,
        }
    }

    /// Values of an enumeration; of a list's items when it is a list.
    fn allowed(self) -> Vec<&'static str> {
        let mut cursor = self.cursor;
        loop {
            match cursor.byte() & 0x7f {
                8..=11 => {}
                5 => return cursor.strings(),
                _ => return Vec::new(),
            }
        }
    }
}

impl List {
    /// What each item is.
    #[must_use]
    pub fn item(self) -> Kind {
        self.item.kind()
    }
}

impl Map {
    /// What each value is.
    #[must_use]
    pub fn value(self) -> Kind {
        self.value.kind()
    }
}

impl Union {
    /// The alternatives, none of them a union itself.
    pub fn kinds(self) -> impl Iterator<Item = Kind> {
        self.alternatives().map(|alternative| match alternative.kind() {
            Kind::Union(_) => Kind::Json,
            kind => kind,
        })
    }

    fn alternatives(self) -> impl Iterator<Item = Node> {
        let Self { first: mut cursor, count, definition } = self;
        (0..count).map(move |_| {
            let node = Node { cursor, definition };
            cursor.skip_kind();
            node
        })
    }
}

impl Object {
    pub(super) fn new(table: &'static Table, definition: usize) -> Self {
        Self { table, definition }
    }

    fn cursor(self) -> Option<Cursor> {
        let offset = self.table.offset(Section::Places, self.definition)?;
        (self.definition < self.table.entries(Section::Places, Section::Shapes))
            .then(|| self.table.cursor(Section::Shapes, offset))
    }

    /// What members without a declared name hold; `None` when there may be none.
    #[must_use]
    pub fn others(self) -> Option<Kind> {
        let mut cursor = self.cursor()?;
        (cursor.number() != 0).then(|| Node { cursor, definition: self.definition }.kind())
    }

    /// Its named members, in the registry's order.
    pub fn properties(self) -> impl Iterator<Item = Property> {
        let mut cursor = self.cursor();
        let count = cursor.as_mut().map_or(0, |cursor| {
            if cursor.number() != 0 {
                cursor.skip_kind();
            }
            cursor.count()
        });
        (0..count).filter_map(move |_| {
            let cursor = cursor.as_mut()?;
            let property = self.member(cursor);
            cursor.skip_kind();
            Some(property)
        })
    }

    /// The member at a cursor, which is left before its kind.
    fn member(self, cursor: &mut Cursor) -> Property {
        let name = cursor.string();
        let node = Node { cursor: *cursor, definition: self.definition };
        let required = { *cursor }.byte() & REQUIRED != 0;
        Property { name, kind: node.kind(), required, node }
    }

    /// The member of this name.
    #[must_use]
    pub fn property(self, name: &str) -> Option<Property> {
        let mut cursor = self.cursor()?;
        if cursor.number() != 0 {
            cursor.skip_kind();
        }
        // Reads no name but the one it finds: large objects have hundreds.
        for _ in 0..cursor.count() {
            let mut at = cursor;
            if cursor.string_bytes() == name.as_bytes() {
                return Some(self.member(&mut at));
            }
            cursor.skip_kind();
        }
        None
    }

    /// The member of each of these names, and the required members that are not among them: one walk over the table,
    /// where asking for each by itself walks anew.
    pub(super) fn members<'n>(
        self,
        names: impl ExactSizeIterator<Item = &'n str> + Clone,
    ) -> (Vec<Option<Property>>, Vec<Property>) {
        let (mut found, mut missing) = (vec![None; names.len()], Vec::new());
        let Some(mut cursor) = self.cursor() else { return (found, missing) };
        if cursor.number() != 0 {
            cursor.skip_kind();
        }
        for _ in 0..cursor.count() {
            let mut at = cursor;
            let name = cursor.string_bytes();
            let given = names.clone().position(|given| given.as_bytes() == name);
            match given.and_then(|given| found.get_mut(given)) {
                // As `property` has it, the first of a name counts.
                Some(place) => *place = place.or_else(|| Some(self.member(&mut at))),
                None if { cursor }.byte() & REQUIRED != 0 => missing.push(self.member(&mut at)),
                None => {}
            }
            cursor.skip_kind();
        }
        (found, missing)
    }

    /// Identity within the table: equal objects of all types share one.
    #[must_use]
    pub fn id(self) -> usize {
        self.definition
    }
}

impl Property {
    /// The values an enumeration allows; of the items, for a list; empty where any value will do.
    #[must_use]
    pub fn allowed(self) -> Vec<&'static str> {
        self.node.allowed()
    }

    /// One step down: a member's name, an item's index or `*`, a key of a map.
    #[must_use]
    pub fn child(self, segment: &str) -> Option<Self> {
        step(self.name, self.node, segment)
    }
}

/// Of the byte that a member's kind begins with.
const REQUIRED: u8 = 0x80;

/// The widest real one has five alternatives; a damaged table must not multiply work by thousands.
const WIDEST_UNION: usize = 16;

fn step(name: &'static str, node: Node, segment: &str) -> Option<Property> {
    let unnamed = |node: Node| Property { name, kind: node.kind(), required: false, node };
    match node.kind() {
        Kind::Object(object) => object.property(segment).or_else(|| {
            let mut cursor = object.cursor()?;
            (cursor.number() != 0).then(|| unnamed(Node { cursor, definition: object.definition }))
        }),
        Kind::List(list) if segment == "*" || segment.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(unnamed(list.item))
        }
        Kind::Map(map) => Some(unnamed(map.value)),
        Kind::Json => Some(unnamed(node)),
        Kind::Union(union) => union.alternatives().find_map(|alternative| match alternative.kind() {
            Kind::Union(_) => None,
            _ => step(name, alternative, segment),
        }),
        _ => None,
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Node({})", self.definition)
    }
}

impl std::fmt::Debug for List {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("List").field("ordered", &self.ordered).field("unique", &self.unique).finish()
    }
}

impl std::fmt::Debug for Map {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Map")
    }
}

impl std::fmt::Debug for Object {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Object({})", self.definition)
    }
}

impl std::fmt::Debug for Union {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.kinds()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Registry;

    #[test]
    fn members_are_those_that_asking_for_each_gives() {
        for kind in Registry::bundled().types() {
            let object = kind.object();
            let names: Vec<&str> = object.properties().map(|property| property.name).collect();
            let every_other = names.iter().copied().step_by(2);
            let given: Vec<&str> = ["Nope"].into_iter().chain(every_other).collect();
            let (found, missing) = object.members(given.iter().copied());
            let asked: Vec<_> = given.iter().map(|name| object.property(name)).collect();
            assert_eq!(format!("{found:?}"), format!("{asked:?}"), "{}", kind.name());
            let required = object.properties().filter(|it| it.required && !given.contains(&it.name));
            assert_eq!(format!("{missing:?}"), format!("{:?}", required.collect::<Vec<_>>()), "{}", kind.name());
        }
    }
}
