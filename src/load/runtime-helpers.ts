/** What transformed code imports by this prefix is `HELPERS`, and no package. */
export const HELPER_PREFIX = "@oxc-project/runtime/helpers/";

type Decorator = (target: unknown, key?: string, descriptor?: unknown) => unknown;
type Disposable = Partial<Record<symbol, () => unknown>>;

/** What TypeScript's legacy decorators call, by its specification. */
function decorate(decorators: readonly Decorator[], target: object, key?: string, kind?: null): unknown {
  const descriptor = kind === null ? Object.getOwnPropertyDescriptor(target, key ?? "") : kind;
  let result: unknown = key === undefined ? target : descriptor;
  for (const decorator of decorators.toReversed()) {
    result = (key === undefined ? decorator(result) : decorator(target, key, result)) ?? result;
  }
  if (key !== undefined && result !== undefined) Object.defineProperty(target, key, result as PropertyDescriptor);
  return result;
}

function decorateParam(index: number, decorator: (target: unknown, key: unknown, index: number) => void) {
  return (target: unknown, key: unknown): void => {
    decorator(target, key, index);
  };
}

/** Does nothing where no `reflect-metadata` has been imported, as TypeScript's does. */
function decorateMetadata(key: string, value: unknown): unknown {
  const reflect = Reflect as { metadata?: (key: string, value: unknown) => Decorator };
  return reflect.metadata?.(key, value) ?? (() => undefined);
}

/** One `using` scope: `u` registers, `a` registers for `await using`, `d` disposes in reverse. */
function usingCtx() {
  const taken: { value: unknown; dispose: (() => unknown) | undefined; wait: boolean }[] = [];
  const none = Symbol("no error");
  const take = (wait: boolean, value: unknown): unknown => {
    if (value === null || value === undefined) {
      if (wait) taken.push({ value, dispose: undefined, wait });
      return value;
    }
    const found = value as Disposable;
    const dispose = (wait ? found[symbolOf("asyncDispose")] : undefined) ?? found[symbolOf("dispose")];
    if (typeof dispose !== "function") throw new TypeError("Property [Symbol.dispose] is not a function.");
    taken.push({ value, dispose, wait });
    return value;
  };
  return {
    e: none as unknown,
    u: take.bind(undefined, false),
    a: take.bind(undefined, true),
    d(): unknown {
      let failure: unknown = this.e;
      const failed = (error: unknown): void => {
        failure = failure === none ? error : suppressed(error, failure);
      };
      const next = (): unknown => {
        for (let each = taken.pop(); each !== undefined; each = taken.pop()) {
          try {
            const result = each.dispose?.call(each.value);
            if (each.wait) {
              return Promise.resolve(result).then(next, (error: unknown) => {
                failed(error);
                return next();
              });
            }
          } catch (error) {
            failed(error);
          }
        }
        if (failure !== none) throw failure;
        return undefined;
      };
      return next();
    },
  };
}

function symbolOf(name: "dispose" | "asyncDispose"): symbol {
  return (Symbol as unknown as Partial<Record<string, symbol>>)[name] ?? Symbol.for(`Symbol.${name}`);
}

function suppressed(error: unknown, suppressedError: unknown): Error {
  return Object.assign(new Error("An error was suppressed during disposal."), {
    name: "SuppressedError",
    error,
    suppressed: suppressedError,
  });
}

/** The helpers by the name they are imported under. */
export const HELPERS: Readonly<Record<string, { readonly default: unknown }>> = {
  decorate: { default: decorate },
  decorateParam: { default: decorateParam },
  decorateMetadata: { default: decorateMetadata },
  usingCtx: { default: usingCtx },
};
