import { App } from 'aws-cdk-lib';
import { addChecks } from '../lib/checks/add-checks.ts';
import { deployEnvironment } from '../lib/deploy-environment.ts';
import { environmentNamed } from '../lib/environments/validate-environment.ts';

const app = new App();
deployEnvironment(app, environmentNamed(app.node.tryGetContext('env'), app.node.tryGetContext('first')));
addChecks(app);
