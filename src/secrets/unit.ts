/** Targets of edges that are no nodes. */
export const BACK_TO_START = -1;
export const END_OF_MATCH = -2;

/**
 * The ways to write one character or one byte of a secret: an automaton over bytes that starts at node 0.
 * It is deterministic; a node that ends a spelling may also have edges to longer ones.
 */
export class Unit {
  /** By node and byte: the next node, `BACK_TO_START` (nothing is written yet) or `END_OF_MATCH` (the rest is cut off). */
  readonly edges: Map<number, number>[] = [new Map<number, number>()];
  readonly isEnd: boolean[] = [false];

  /** Adds a node that nothing leads to yet. */
  node(edges: ReadonlyMap<number, number> = new Map()): number {
    this.isEnd.push(false);
    return this.edges.push(new Map(edges)) - 1;
  }

  /** Adds the path of these bytes, given as a text of Latin-1. @returns its last node */
  path(bytes: string, from = 0): number {
    let node = from;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes.charCodeAt(at);
      const known = this.edges[node]?.get(byte);
      if (known === undefined) {
        const made = this.node();
        this.edges[node]?.set(byte, made);
        node = made;
      } else node = known;
    }
    return node;
  }

  /** Adds spellings of the whole unit. */
  spell(spellings: readonly string[], from = 0): void {
    for (const each of spellings) this.isEnd[this.path(each, from)] = true;
  }

  /** Lets each of these bytes be there any number of times: from the node back to it. */
  repeat(node: number, bytes: string): void {
    for (const each of bytes) {
      if (this.edges[node]?.has(each.charCodeAt(0)) === false) this.link(node, { byte: each, to: node });
    }
  }

  /** Gives a node these edges, too. */
  continueWith(node: number, edges: ReadonlyMap<number, number>): void {
    for (const [byte, target] of edges) this.edges[node]?.set(byte, target);
  }

  /** Sets one edge, whatever it was before. */
  link(node: number, { byte, to }: { readonly byte: string; readonly to: number }): void {
    this.edges[node]?.set(byte.charCodeAt(0), to);
  }
}
