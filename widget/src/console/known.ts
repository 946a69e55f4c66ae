// What is known of thousands of things, of which nearly every event changes one. To copy all of them for it would cost
// more than the change, while somebody types.

const longest = 20_000; // changes that are remembered before the memory is begun anew

interface Core<V> { map: Map<string, V>; changed: string[] }

/**
 * A state of a map. Another state is made with `with` and shares everything with this one: states are told apart by
 * identity and by what has changed between them, but each of them answers what is known now.
 */
export class Known<V> {
  private readonly core: Core<V>;
  private readonly at: number;

  constructor(entries?: Iterable<readonly [string, V]>, core?: Core<V>) {
    this.core = core ?? { map: new Map(entries), changed: [] };
    this.at = this.core.changed.length;
  }

  get size() { return this.core.map.size; }
  get(id: string) { return this.core.map.get(id); }
  has(id: string) { return this.core.map.has(id); }
  values() { return this.core.map.values(); }
  [Symbol.iterator]() { return this.core.map[Symbol.iterator](); }

  /** The state in which these are set, or gone where the value is undefined. */
  with(...changes: (readonly [string, V | undefined])[]): Known<V> {
    const { map, changed } = this.core.changed.length > longest ? { map: new Map(this.core.map), changed: [] } : this.core;
    for (const [id, value] of changes) {
      if (value === undefined) map.delete(id); else map.set(id, value);
      changed.push(id);
    }
    return new Known<V>(undefined, map === this.core.map ? this.core : { map, changed });
  }

  /** What has changed since an earlier state, or undefined where that cannot be told. */
  since(earlier: Known<V>): Set<string> | undefined {
    return earlier.core === this.core ? new Set(this.core.changed.slice(earlier.at, this.at)) : undefined;
  }
}
