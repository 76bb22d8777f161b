'use strict';
// One run of the task in this process, by the task library's own mocks. What it is given is in the environment variable SCENARIO.
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
// The library's mock knows no proxy: this part of it is the library's own.
const library = require('../task/node_modules/azure-pipelines-task-lib/task');
runner.registerMockExport('getHttpProxyConfiguration', library.getHttpProxyConfiguration);
// Pauses and bounds pass a hundred times as fast.
const wait = globalThis.setTimeout;
globalThis.setTimeout = (call, time, ...rest) => wait(call, time / 100, ...rest);
runner.run();
