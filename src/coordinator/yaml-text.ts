// A module of its own, so that the library is loaded only where YAML is read or written.
export { parse, stringify } from "yaml";
