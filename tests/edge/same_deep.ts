/**
 * Whether two values are alike as `assert.deepStrictEqual()` sees it: same prototypes, same own members, `NaN` like
 * itself, and 0 unlike -0.
 *
 * @module
 */

/** Compares two values, all the way down. */
export function sameDeep(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return false;
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return sameBytes(a, b);
  if (a instanceof Date && b instanceof Date && a.getTime() !== b.getTime()) return false;
  if (a instanceof Set && b instanceof Set) return sameSets(a, b);
  if (a instanceof Map && b instanceof Map) return sameMaps(a, b);
  if (a instanceof Error && b instanceof Error) {
    if (a.name !== b.name || a.message !== b.message || !sameDeep(a.cause, b.cause)) return false;
  }
  const keys = ownKeys(a);
  if (keys.length !== ownKeys(b).length) return false;
  return keys.every((key) =>
    Object.prototype.propertyIsEnumerable.call(b, key) &&
    sameDeep(Reflect.get(a, key), Reflect.get(b, key))
  );
}

function ownKeys(value: object): (string | symbol)[] {
  return Reflect.ownKeys(value).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key)
  );
}

function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const bytes = (view: ArrayBufferView) =>
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const [one, other] = [bytes(a), bytes(b)];
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

function sameSets(a: ReadonlySet<unknown>, b: ReadonlySet<unknown>): boolean {
  if (a.size !== b.size) return false;
  const others = [...b];
  return [...a].every((item) => b.has(item) || others.some((other) => sameDeep(item, other)));
}

function sameMaps(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false;
  const others = [...b];
  return [...a].every(([key, value]) =>
    b.has(key) ? sameDeep(value, b.get(key)) : others.some((other) => sameDeep([key, value], other))
  );
}
