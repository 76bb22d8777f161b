'use strict';
// One run of the task in this process, by the task library's own mocks. What it is given is in the environment variable
// SCENARIO; Azure DevOps and the release answer from there as well.
const fs = require('fs');
const path = require('path');
const tmrm = require('../task/node_modules/azure-pipelines-task-lib/mock-run');

const scenario = JSON.parse(process.env.SCENARIO);
delete process.env.SCENARIO;
const runner = new tmrm.TaskMockRunner(path.join(__dirname, '..', 'task', 'index.js'));
for (const [name, value] of Object.entries(scenario.inputs)) {
  runner.setInput(name, value);
}

runner.registerMock('./version.json', scenario.release);
runner.setAnswers({});
globalThis.fetch = async (url, options) => {
  console.log(`fetch ${options?.method ?? 'GET'} ${url} ${options?.headers?.Authorization ?? ''}`);
  const answer = scenario.answers[String(url).split('?')[0]];
  return !answer ? new Response('', { status: 404 }) : new Response(answer.file ? fs.readFileSync(answer.file) : JSON.stringify(answer.json));
};
runner.run();
