// Composes cases with Apollo's composition: JSON lines in ({name, subgraphs}), JSON lines out (verdict, codes, API schema).
import { composeServices } from '@apollo/composition';
import { Supergraph, printSchema } from '@apollo/federation-internals';
import { parse } from 'graphql';
import { createInterface } from 'node:readline';

function compose(subgraphs) {
  let result;
  try {
    result = composeServices(
      subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })),
    );
  } catch (error) {
    return { codes: [error.extensions?.code ?? error.name], messages: [error.message], hints: [] };
  }
  if (result.errors) {
    return {
      codes: result.errors.map((error) => error.extensions?.code ?? error.name),
      messages: result.errors.map((error) => error.message),
      hints: [],
    };
  }
  return {
    codes: [],
    messages: [],
    hints: result.hints.map((hint) => hint.definition.code),
    supergraph: result.supergraphSdl,
    api: printSchema(Supergraph.buildForTests(result.supergraphSdl).apiSchema()),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { name, subgraphs } = JSON.parse(line);
  process.stdout.write(JSON.stringify({ name, ...compose(subgraphs) }) + '\n');
}
