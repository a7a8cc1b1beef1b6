/** What came of comparing scenarios with what this engine does. */
export interface Judgement {
  readonly agreed: number;
  readonly total: number;
  readonly problems: readonly { readonly name: string; readonly difference: string }[];
}
export function judge(text: string, api: object): Promise<Judgement>;
