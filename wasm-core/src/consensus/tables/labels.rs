//! A table of labels in one order, whatever order its rows came in.

/// Rows grouped by task; in a task they are sorted by worker, then label. What a worker gives as a label is a *kind*:
/// tables of workers against labels are kept only where a worker gave that label, so memory grows with rows and not
/// with workers × labels².
#[derive(Clone, Debug)]
pub struct Labels {
    /// Where the rows of each task begin, and the end.
    starts: Vec<usize>,
    /// Kind of each row.
    rows: Vec<u32>,
    /// Kinds, sorted.
    kinds: Vec<Kind>,
    workers: usize,
    options: usize,
    repeated: usize,
}

/// A worker with one of the labels it gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// Index of the worker.
    pub worker: u32,
    /// Index of the label.
    pub label: u32,
}

impl Labels {
    /// From three columns of indices, each below its count (tasks, workers, labels); `None` when they are not.
    #[must_use]
    pub fn new(columns: [&[u32]; 3], counts: [u32; 3]) -> Option<Self> {
        let [tasks, workers, labels] = columns;
        let inside = |column: &[u32], count: u32| column.iter().all(|index| *index < count);
        let sound = tasks.len() == workers.len() && tasks.len() == labels.len();
        let counted = columns.iter().zip(counts).all(|(column, count)| inside(column, count));
        if !sound || !counted || u32::try_from(tasks.len()).is_err() {
            return None;
        }
        let given: Vec<Kind> =
            workers.iter().zip(labels).map(|(worker, label)| Kind { worker: *worker, label: *label }).collect();
        let mut kinds = given.clone();
        kinds.sort_unstable();
        kinds.dedup();
        let mut starts = vec![0_usize; counts[0] as usize + 1];
        for task in tasks {
            *starts.get_mut(*task as usize + 1)? += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut free = starts.clone();
        let mut rows = vec![0_u32; tasks.len()];
        for (task, kind) in tasks.iter().zip(&given) {
            let at = free.get_mut(*task as usize)?;
            *rows.get_mut(*at)? = u32::try_from(kinds.binary_search(kind).ok()?).ok()?;
            *at += 1;
        }
        let mut table =
            Self { starts, rows, kinds, workers: counts[1] as usize, options: counts[2] as usize, repeated: 0 };
        table.sort();
        Some(table)
    }

    fn sort(&mut self) {
        for (start, end) in self.starts.iter().zip(self.starts.iter().skip(1)) {
            let rows = self.rows.get_mut(*start..*end).unwrap_or_default();
            rows.sort_unstable();
            let worker = |row: &u32| self.kinds.get(*row as usize).map(|kind| kind.worker);
            self.repeated += rows.windows(2).filter(|pair| matches!(pair, [a, b] if worker(a) == worker(b))).count();
        }
    }

    /// Kinds of the rows of each task, in the order of tasks.
    pub fn tasks(&self) -> impl Iterator<Item = &[u32]> {
        self.starts
            .iter()
            .zip(self.starts.iter().skip(1))
            .map(|(start, end)| self.rows.get(*start..*end).unwrap_or_default())
    }

    /// The kind of that number.
    #[must_use]
    pub fn kind(&self, number: u32) -> Kind {
        self.kinds.get(number as usize).copied().unwrap_or(Kind { worker: 0, label: 0 })
    }

    /// All kinds, sorted by worker, then label.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// Number of tasks.
    #[must_use]
    pub fn task_count(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Number of workers.
    #[must_use]
    pub fn worker_count(&self) -> usize {
        self.workers
    }

    /// Number of possible labels.
    #[must_use]
    pub fn option_count(&self) -> usize {
        self.options
    }

    /// Rows in which a worker labels a task that it has labelled already.
    #[must_use]
    pub fn repeated(&self) -> usize {
        self.repeated
    }
}
