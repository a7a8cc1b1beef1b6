import { StringDecoder } from "node:string_decoder";

/** A line longer than this is handed on in parts. */
const LONGEST = 64 * 1024;

/** Makes lines of the bytes a program writes, as they come. */
export interface LineSplitter {
  write(chunk: Buffer): void;
  /** Hands on what is left when the program has closed its output without a last line break. */
  end(): void;
}

/** Changes text that comes in pieces; may keep some of it back for a while. */
export interface TextStream {
  write(chunk: string): string;
  end(): string;
}

const UNCHANGED: TextStream = { write: (chunk) => chunk, end: () => "" };

/**
 * Splits at line breaks; of a line that a program wrote over with carriage returns the last version stays.
 *
 * @param clean sees the text before it is split: a secret may stand on two lines, or where a long one is cut
 */
export function lineSplitter(onLine: (line: string) => void, clean: TextStream = UNCHANGED): LineSplitter {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const emit = (line: string): void => {
    const text = line.endsWith("\r") ? line.slice(0, -1) : line;
    onLine(text.slice(text.lastIndexOf("\r") + 1));
  };
  const take = (text: string): void => {
    rest += text;
    let start = 0;
    for (let at = rest.indexOf("\n"); at !== -1; at = rest.indexOf("\n", start)) {
      emit(rest.slice(start, at));
      start = at + 1;
    }
    rest = rest.slice(start);
    for (; rest.length > LONGEST; rest = rest.slice(LONGEST)) emit(rest.slice(0, LONGEST));
  };
  return {
    write(chunk) {
      take(clean.write(decoder.write(chunk)));
    },
    end() {
      take(clean.write(decoder.end()) + clean.end());
      if (rest !== "") emit(rest);
      rest = "";
    },
  };
}
