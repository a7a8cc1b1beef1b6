/** What a flow declares of one parameter. */
export interface ParameterDeclaration {
  readonly name: string;
  readonly type?: "string" | "number" | "integer" | "boolean" | "date" | "datetime" | "object" | "array";
  /** The time zone of a datetime that names none. @default "UTC" */
  readonly zone?: string;
  readonly required: boolean;
  readonly default?: unknown;
  /** The default with the spelling of its numbers, if that differs: a `WrittenNumber` for `3.10`. */
  readonly written?: unknown;
  /** A default that follows from the parameters before it; `wrong` completes `Parameter "x" …`. */
  readonly defaultFrom?: (
    before: Readonly<Record<string, unknown>>,
  ) => { readonly value: unknown } | { readonly wrong: string };
  /** The environment variable that its default was read from. */
  readonly variable?: string;
  readonly enum?: readonly unknown[];
  readonly description?: string;
}

/**
 * How a flow takes its parameters: a list of declarations, or any Standard
 * Schema (https://standardschema.dev), which then is the only judge of them.
 */
export type ParameterSchema =
  | { readonly kind: "declared"; readonly declarations: readonly ParameterDeclaration[] }
  | { readonly kind: "standard"; readonly schema: StandardSchema };

/** The part of the Standard Schema interface that is used here. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
      }[];
    };
