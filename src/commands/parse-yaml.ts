// A module of its own, so that the library is loaded only where YAML is read.
export { parse } from "yaml";
