// Plans operations with Apollo's query planner: JSON lines in ({supergraph, operation}), JSON lines out ({plan} or {error}).
import { Supergraph, operationFromDocument } from '@apollo/federation-internals';
import { QueryPlanner, prettyFormatQueryPlan } from '@apollo/query-planner';
import { parse } from 'graphql';
import { createInterface } from 'node:readline';

function plan({ supergraph, operation }) {
  try {
    const built = Supergraph.buildForTests(supergraph);
    const document = operationFromDocument(built.apiSchema(), parse(operation));
    return { plan: prettyFormatQueryPlan(new QueryPlanner(built).buildQueryPlan(document)) };
  } catch (error) {
    return { error: error.message };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(plan(JSON.parse(line))) + '\n');
}
