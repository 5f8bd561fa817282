// SPDX-License-Identifier: LGPL-2.1-or-later
// An AuthZEN client that is not ours: node's own HTTP, over a unix socket. Says "0 WHAT" for what is right, "1 WHAT" for what is not.
//
//     node authzen.mjs todo SOCKET DECISIONS      the working group's Todo decisions (JSON), each as it stands there
//     node authzen.mjs certification SOCKET       the certification scenario: its fixture is examples/authzen/records.pol
import http from 'node:http';
import fs from 'node:fs';

const [scenario, socketPath, file] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
const api = '/access/v1/';

function send(path, body, headers = {}, method = 'POST') {
    return new Promise((resolve, reject) => {
        const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
        const request = http.request({ socketPath, agent, path, method, headers: { 'Content-Type': 'application/json', ...headers } }, (response) => {
            let got = '';
            response.setEncoding('utf8');
            response.on('data', (part) => { got += part; });
            response.on('end', () => {
                let json;
                try { json = JSON.parse(got); } catch { json = undefined; }
                resolve({ status: response.statusCode, headers: response.headers, text: got, json });
            });
        });
        request.on('error', reject);
        request.setTimeout(10000, () => request.destroy(new Error('no answer')));
        request.end(text);
    });
}

function say(what, good, detail) {
    console.log(`${good ? 0 : 1} ${what}`);
    if (!good)
        console.error(`# ${what}: ${JSON.stringify(detail)}`);
}

async function decides(what, body, wanted, headers) {
    const got = await send(api + 'evaluation', body, headers);
    say(what, got.status === 200 && got.json?.decision === wanted && /^application\/json/.test(got.headers['content-type']), got);
}

async function batch(what, body, wanted) {
    const got = await send(api + 'evaluations', body);
    const decisions = got.json?.evaluations?.map((e) => e.decision);
    say(what, got.status === 200 && got.json.decision === undefined && JSON.stringify(decisions) === JSON.stringify(wanted), got);
}

async function refused(what, path, body, headers, status = 400) {
    const got = await send(path, body, headers);
    say(what, got.status === status && got.text.length > 0 && got.json === undefined, got);
}

async function todo() {
    const decisions = JSON.parse(fs.readFileSync(file, 'utf8'));
    let right = 0;
    for (const { request, expected } of decisions.evaluation) {
        const got = await send(api + 'evaluation', request);
        if (got.status === 200 && got.json?.decision === expected)
            right++;
        else
            say(`Todo: ${JSON.stringify(request)}`, false, got);
    }
    say(`Todo: ${right} evaluations`, right === decisions.evaluation.length && right === 40, right);
    for (const [i, { request, expected }] of decisions.evaluations.entries())
        await batch(`Todo: evaluations ${i + 1}`, request, expected.map((e) => e.decision));
}

const alice = { type: 'user', id: 'alice' }, bob = { type: 'user', id: 'bob' }, chief = { ...bob, properties: { role: 'admin' } };
const read = { name: 'read' }, write = { name: 'write' };
const first = { type: 'record', id: 'record-1' }, second = { type: 'record', id: 'record-2' };
const active = { ...first, properties: { status: 'active' } }, archived = { ...second, properties: { status: 'archived' } };
const context = { time: '2025-06-27T18:03-07:00', ip: '192.168.1.1' };
const ask = (subject, action, resource, more = {}) => ({ subject, action, resource, ...more });

async function basic() {
    const fixture = [
        ['alice reads', ask(alice, read, first), true],
        ['alice writes', ask(alice, write, first), true],
        ['bob reads', ask(bob, read, first), true],
        ['bob does not write', ask(bob, write, first), false],
        ['alice does not write what is archived', ask(alice, write, archived), false],
        ['an admin does', ask(chief, write, archived), true],
        ['alice deletes softly', ask(alice, { name: 'delete', properties: { soft: true } }, first), true],
        ['and not for good', ask(alice, { name: 'delete', properties: { soft: false } }, first), false],
    ];
    for (const [what, body, wanted] of fixture) {
        await decides(what, body, wanted);
        await decides(`${what}, with a context`, { ...body, context }, wanted);
    }
    await decides('properties nobody asked for', ask({ ...alice, properties: { department: 'Sales', role: 'manager' } }, { ...read, properties: { method: 'GET' } },
        { ...first, properties: { status: 'active', owner: { name: 'bob', tags: ['a', 1.5, null] } } }), true);
    await decides('members nobody knows', { ...ask(alice, read, first), foo: 'bar', futureField: { nested: true } }, true);
    await decides('an alice of another type', ask({ type: 'spaceship', id: 'alice' }, read, first), false);
    await decides('somebody else', ask({ type: 'user', id: 'eve' }, read, first), false);
    await decides('a path that climbs', ask(alice, read, { type: 'record', id: '../record/record-1' }), false);
    await decides('a property that would be the principal', ask({ ...bob, properties: { principal: 'alice' } }, write, first), false);
    await decides('a wrong type in a property', ask(alice, { name: 'delete', properties: { soft: 'perhaps' } }, first), false);
    for (let i = 0; i < 3; i++)
        await decides('the same again', ask(alice, read, first), true);
    const denied = await send(api + 'evaluation', ask(bob, write, first), { 'Accept-Language': 'fr;q=0.9, ja;q=0.8, en;q=0.1' });
    say('a refusal names its rule and says why, in the language asked for',
        denied.json.context.rule === 'default' && denied.json.context.reason === '許可されていません', denied);
    say('and names nobody else', !/alice|record-2|admin/.test(denied.text), denied);
}

async function errors() {
    const whole = ask(alice, read, first), evaluation = api + 'evaluation';
    for (const name of ['subject', 'action', 'resource']) {
        const { [name]: left, ...rest } = whole;
        await refused(`without ${name}`, evaluation, rest);
        await refused(`${name} is a string`, evaluation, { ...whole, [name]: 'alice' });
        await refused(`${name} is an array`, evaluation, { ...whole, [name]: [left] });
        for (const member of Object.keys(left)) {
            const { [member]: gone, ...others } = left;
            await refused(`without ${name}.${member}`, evaluation, { ...whole, [name]: others });
            await refused(`${name}.${member} is a number`, evaluation, { ...whole, [name]: { ...left, [member]: 123 } });
        }
    }
    await refused('another content type', evaluation, whole, { 'Content-Type': 'text/plain' });
    await refused('no content type', evaluation, whole, { 'Content-Type': '' });
    await refused('no JSON', evaluation, '{"subject":');
    await refused('an empty body', evaluation, '');
    await refused('a member twice', evaluation, JSON.stringify(whole).replace('"id":"alice"', '"id":"bob","id":"alice"'));
    await refused('no such path', '/access/v2/evaluation', whole, {}, 404);
    const got = await send(evaluation, undefined, {}, 'GET');
    say('the wrong method', got.status === 405 && got.headers.allow === 'POST', got);
    for (const [what, path, body] of [['a decision', evaluation, whole], ['an error', evaluation, '{'], ['no path', '/x', whole]]) {
        const echoed = await send(path, body, { 'X-Request-ID': 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716' });
        say(`X-Request-ID comes back with ${what}`, echoed.headers['x-request-id'] === 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716', echoed.headers);
    }
    const without = await send(evaluation, whole);
    say('and is not needed', without.status === 200, without);
}

async function batches() {
    const reads = { subject: alice, action: read };
    await batch('defaults', { ...reads, evaluations: [{ resource: first }, { resource: second }] }, [true, true]);
    await batch('in order', { subject: bob, resource: first, evaluations: [{ action: read }, { action: write }] }, [true, false]);
    await batch('properties of each', { subject: alice, action: write, evaluations: [{ resource: active }, { resource: archived }] }, [true, false]);
    await batch('subjects of each', { action: write, resource: archived, evaluations: [{ subject: alice }, { subject: chief }] }, [false, true]);
    await batch('no defaults', { evaluations: [ask(alice, read, first), ask(bob, write, first)] }, [true, false]);
    await batch('contexts', { ...reads, context, evaluations: [{ resource: first }, { resource: second, context: { source: 'x' } }] }, [true, true]);
    await batch('an entity replaces, but for its name', { subject: alice, action: write, resource: { type: 'record', properties: { status: 'archived' } },
        evaluations: [{ resource: { id: 'record-1', properties: { status: 'active' } } }, { resource: archived }, { resource: { id: 'record-1' } }] }, [true, false, true]);
    await batch('one that is none', { ...reads, evaluations: [{ resource: first }, {}] }, [true, false]);
    const item = await send(api + 'evaluations', { ...reads, evaluations: [{}] });
    say('and says so', item.json.evaluations[0].context.error.status === 400 && /resource/.test(item.json.evaluations[0].context.error.message), item);
    for (const body of [ask(alice, read, first), { ...ask(alice, read, first), evaluations: [] }]) {
        const got = await send(api + 'evaluations', body);
        say('without an array it is one evaluation', got.status === 200 && got.json.decision === true && !got.json.evaluations, got);
    }
    const three = (semantic) => ({ subject: bob, resource: first, options: { evaluations_semantic: semantic },
        evaluations: [{ action: write }, { action: read }, { action: write }] });
    await batch('execute_all', three('execute_all'), [false, true, false]);
    await batch('deny_on_first_deny', three('deny_on_first_deny'), [false]);
    await batch('permit_on_first_permit', three('permit_on_first_permit'), [false, true]);
    await batch('an error denies', { ...three('deny_on_first_deny'), evaluations: [{ action: read }, { action: {} }, { action: read }] }, [true, false]);
    await refused('a semantic nobody knows', api + 'evaluations', three('whatever'));
    await refused('no JSON in a batch', api + 'evaluations', '{"evaluations":[}');
    await refused('an item that is no object', api + 'evaluations', { ...reads, evaluations: [{ resource: first }, 7] });
}

async function finds(what, path, body, wanted) {
    const got = await send(api + 'search/' + path, body);
    say(what, got.status === 200 && JSON.stringify(got.json?.results) === JSON.stringify(wanted) && got.json.page.next_token === '', got);
}

async function searches() {
    const who = { subject: { type: 'user' }, action: read, resource: first }, what = { subject: alice, action: read, resource: { type: 'record' } };
    await finds('who may read', 'subject', who, [alice, bob]);
    await finds('who may read, with a context', 'subject', { ...who, context }, [alice, bob]);
    await finds('an id that is there is ignored', 'subject', { ...who, subject: { type: 'user', id: 'eve' } }, [alice, bob]);
    await finds('who may write what is archived without being an admin', 'subject', { ...who, action: write, resource: archived }, []);
    await finds('who may as an admin', 'subject', { subject: { type: 'user', properties: { role: 'admin' } }, action: write, resource: archived }, [alice, bob]);
    await finds('what alice may read', 'resource', what, [first, second]);
    await finds('what an admin may write', 'resource', { subject: chief, action: write, resource: { type: 'record' } }, [first, second]);
    await finds('what alice may do', 'action', { subject: alice, resource: first }, [{ name: 'read' }, { name: 'write' }]);
    await finds('and with a context', 'action', { subject: alice, resource: first, context }, [{ name: 'read' }, { name: 'write' }]);
    await finds('what an admin may do', 'action', { subject: chief, resource: archived }, [{ name: 'read' }, { name: 'write' }]);
    await finds('what nobody may do', 'action', { subject: { type: 'user', id: 'nonexistent-user' }, resource: first }, []);
    await finds('who of a type nobody knows', 'subject', { ...who, subject: { type: 'spaceship' } }, []);
    await finds('what of a type nobody knows', 'resource', { ...what, resource: { type: 'spaceship' } }, []);
    await refused('a search without action', api + 'search/subject', { subject: { type: 'user' }, resource: first });
    await refused('a search without subject', api + 'search/resource', { action: read, resource: { type: 'record' } });
    await refused('a search without resource', api + 'search/action', { subject: alice });
    await refused('a search without resource.id', api + 'search/subject', { ...who, resource: { type: 'record' } });
    await refused('a search without subject.id', api + 'search/resource', { ...what, subject: { type: 'user' } });

    const page = await send(api + 'search/subject', { ...who, page: { limit: 1 } });
    say('one result a page', page.json.results.length === 1 && page.json.page.next_token !== '' && page.json.page.count === 1, page);
    const next = await send(api + 'search/subject', { ...who, page: { limit: 1, token: page.json.page.next_token } });
    say('the next page is the last', next.json.results.length === 1 && next.json.results[0].id === 'bob' && next.json.page.next_token === '', next);
    await refused("another search's token", api + 'search/subject', { ...who, action: write, page: { token: page.json.page.next_token } });
    await refused('a token somebody made up', api + 'search/subject', { ...who, page: { token: 'x' } });
    console.log(`token ${page.json.page.next_token}`);
}

async function discovery() {
    const got = await send('/.well-known/authzen-configuration', undefined, {}, 'GET');
    say('metadata', got.status === 200 && got.json.policy_decision_point === 'https://pdp.example' &&
        got.json.access_evaluation_endpoint === 'https://pdp.example/access/v1/evaluation' &&
        Object.values(got.json).every((url) => url.startsWith('https://')) && /^application\/json/.test(got.headers['content-type']), got);
}

if (scenario === 'todo') {
    await todo();
} else {
    for (const part of [basic, errors, batches, searches, discovery])
        await part();
}
agent.destroy();
