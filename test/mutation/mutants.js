/**
 * The mutants of a source file: small changes of behaviour, each of which a test should notice.
 */
import ts from "typescript";

const K = ts.SyntaxKind;

/** The operator that replaces another. */
const OPERATORS = new Map([
  [K.EqualsEqualsEqualsToken, "!=="],
  [K.ExclamationEqualsEqualsToken, "==="],
  [K.LessThanToken, "<="],
  [K.LessThanEqualsToken, "<"],
  [K.GreaterThanToken, ">="],
  [K.GreaterThanEqualsToken, ">"],
  [K.AmpersandAmpersandToken, "||"],
  [K.BarBarToken, "&&"],
  [K.MinusToken, "+"],
  [K.AsteriskToken, "/"],
  [K.PlusEqualsToken, "-="],
  [K.MinusEqualsToken, "+="],
]);
/** The method that replaces another. */
const METHODS = new Map([
  ["some", "every"],
  ["every", "some"],
  ["min", "max"],
  ["max", "min"],
  ["startsWith", "endsWith"],
  ["endsWith", "startsWith"],
  ["shift", "pop"],
  ["unshift", "push"],
  ["fsyncSync", "fstatSync"],
]);

/**
 * Lists the mutants of a file.
 *
 * @param {string} text the source text
 * @returns {{ start: number, end: number, line: number, replacement: string }[]} ranges of `text` with what replaces them
 */
export function mutantsOf(text) {
  const file = ts.createSourceFile("file.ts", text, ts.ScriptTarget.Latest, true);
  const found = [];
  const add = (node, replacement, start = node.getStart(file), end = node.getEnd()) => {
    const line = file.getLineAndCharacterOfPosition(start).line + 1;
    found.push({ start, end, line, replacement });
  };
  const visit = (node) => {
    // Types have no behaviour.
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    mutate(node, file, add);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function mutate(node, file, add) {
  if (ts.isBinaryExpression(node)) {
    const { operatorToken: operator, left, right } = node;
    const other = OPERATORS.get(operator.kind);
    if (other !== undefined) add(operator, other);
    if (operator.kind === K.QuestionQuestionToken) add(node, right.getText(file));
    if (operator.kind === K.PlusToken && [left, right].some(ts.isNumericLiteral)) add(operator, "-");
  } else if (ts.isPrefixUnaryExpression(node) && node.operator === K.ExclamationToken) {
    add(node, node.operand.getText(file));
  } else if (node.kind === K.TrueKeyword) add(node, "false");
  else if (node.kind === K.FalseKeyword) add(node, "true");
  else if (ts.isNumericLiteral(node) && !ts.isPropertyAssignment(node.parent)) add(node, `${node.text}+1`);
  else if (ts.isIfStatement(node)) {
    add(node.expression, "true");
    add(node.expression, "false");
  } else if (ts.isConditionalExpression(node)) {
    add(node.condition, "true");
    add(node.condition, "false");
  } else if (ts.isExpressionStatement(node) && isCall(node.expression)) add(node, ";");
  else if (ts.isPropertyAccessExpression(node)) {
    const other = METHODS.get(node.name.text);
    if (other !== undefined && ts.isCallExpression(node.parent)) add(node.name, other);
  } else if (ts.isIdentifier(node) && ts.isCallExpression(node.parent) && node.parent.expression === node) {
    const other = METHODS.get(node.text);
    if (other !== undefined) add(node, other);
  }
}

function isCall(expression) {
  if (ts.isAwaitExpression(expression) || ts.isVoidExpression(expression)) return isCall(expression.expression);
  // A constructor without its super call is no program.
  return ts.isCallExpression(expression) && expression.expression.kind !== K.SuperKeyword;
}
