/** Numbers, the lowest first. */
export class IndexHeap {
  readonly #items: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(item: number): void {
    const items = this.#items;
    let hole = items.length;
    items.push(item);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if ((items[parent] as number) <= item) break;
      items[hole] = items[parent] as number;
      hole = parent;
    }
    items[hole] = item;
  }

  pop(): number | undefined {
    const items = this.#items;
    const lowest = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return lowest;
    let hole = 0;
    for (let child = 1; child < items.length; child = 2 * hole + 1) {
      if (child + 1 < items.length && (items[child + 1] as number) < (items[child] as number)) child += 1;
      if ((items[child] as number) >= last) break;
      items[hole] = items[child] as number;
      hole = child;
    }
    items[hole] = last;
    return lowest;
  }
}
