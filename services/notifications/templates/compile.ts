import Handlebars from 'handlebars';

/** Handlebars with nothing but `if` and `unless`: no partials, no helpers of others. */
const engine = Handlebars.create();
const HELPERS = { if: true, unless: true };
const KEPT = 500;
const compiled = new Map<string, Handlebars.TemplateDelegate>();

export type Values = Readonly<Record<string, string>>;

function compile(source: string, escaping: boolean): Handlebars.TemplateDelegate {
  const key = `${escaping}:${source}`;
  let delegate = compiled.get(key);
  if (!delegate) {
    if (compiled.size >= KEPT) compiled.clear();
    delegate = engine.compile(source, {
      strict: true,
      noEscape: !escaping,
      knownHelpers: HELPERS,
      knownHelpersOnly: true,
      preventIndent: true,
    });
    compiled.set(key, delegate);
  }
  return delegate;
}

/** Fills in a text. Throws when it names what there is not. */
export function fillText(source: string, values: Values): string {
  return compile(
    source,
    false,
  )(values)
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** Fills in HTML: values are escaped, their line breaks kept, paragraphs left empty go. */
export function fillHtml(source: string, values: Values): string {
  const escaped = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      value === ''
        ? ''
        : new engine.SafeString(engine.escapeExpression(value).replaceAll('&#x3D;', '=').replaceAll('\n', '<br>')),
    ]),
  );
  return compile(source, true)(escaped).replace(/<p[^>]*>\s*<\/p>\n?/g, '');
}

/** One line: a subject can't carry a header of its own. */
export function fillLine(source: string, values: Values): string {
  return fillText(source, values).replace(/\s+/g, ' ').trim();
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** What an edited template must not do: say so in words. Empty: nothing. */
export function faultsOf(source: string, allowed: ReadonlySet<string>): string[] {
  let program: Node;
  try {
    program = engine.parse(source) as unknown as Node;
  } catch (error) {
    return [`can not be read: ${error instanceof Error ? error.message.split('\n')[0] : 'syntax'}`];
  }
  const faults = new Set<string>();
  visit(program, allowed, faults);
  return [...faults];
}

/** Names that a template uses; of one without syntax faults. */
export function namesIn(source: string): Set<string> {
  return new Set(
    [...source.matchAll(/\{\{(?:#(?:if|unless)\s+)?\s*([A-Za-z]+)\s*\}\}/g)].map((match) => match[1] ?? ''),
  );
}

function visit(node: Node, allowed: ReadonlySet<string>, faults: Set<string>): void {
  const name = (node['path'] as { original?: string } | undefined)?.original ?? '';
  if (node.type === 'Program') for (const child of node['body'] as Node[]) visit(child, allowed, faults);
  else if (node.type === 'MustacheStatement') {
    if (node['escaped'] === false) faults.add(`{{{${name}}}} would put text into the HTML unescaped`);
    if ((node['params'] as unknown[]).length > 0) faults.add(`${name} is no helper`);
    else checkName(name, allowed, faults);
  } else if (node.type === 'BlockStatement') {
    if (!Object.hasOwn(HELPERS, name)) faults.add(`the block ${name} is not known, use if or unless`);
    const params = node['params'] as { type: string; original?: string }[];
    if (params.length !== 1 || params[0]?.type !== 'PathExpression') faults.add(`${name} takes one variable`);
    else checkName(params[0].original ?? '', allowed, faults);
    for (const part of [node['program'], node['inverse']]) if (part) visit(part as Node, allowed, faults);
  } else if (node.type !== 'ContentStatement' && node.type !== 'CommentStatement')
    faults.add('partials and decorators are not allowed');
}

function checkName(name: string, allowed: ReadonlySet<string>, faults: Set<string>): void {
  if (!allowed.has(name)) faults.add(`there is no variable ${name}`);
}
