"""The example of the API's own documentation, served as it stands."""

import ast
import json

from browse import find

# https://docs.aws.amazon.com, boto3: DatabaseMigrationService.Client
# .describe_connections, "Expected Output". Its EndpointArn is malformed.
EXAMPLE = """{
    'Connections': [
        {
            'EndpointArn': 'arn:aws:dms:us-east-arn:aws:dms:us-east-1:123456789012:endpoint:ZW5UAN6P4E77EC7YWHK4RZZ3BE',
            'EndpointIdentifier': 'testsrc1',
            'ReplicationInstanceArn': 'arn:aws:dms:us-east-1:123456789012:rep:6UTDJGBOUS3VI3SUWA66XFJCJQ',
            'ReplicationInstanceIdentifier': 'test',
            'Status': 'successful',
        },
    ],
    'Marker': '',
    'ResponseMetadata': {
        '...': '...',
    },
}"""  # noqa: E501

FILE = """\
Status: successful
EndpointIdentifier: testsrc1
EndpointArn: arn:aws:dms:us-east-arn:aws:dms:us-east-1:123456789012:endpoint:ZW5UAN6P4E77EC7YWHK4RZZ3BE
ReplicationInstanceIdentifier: test
ReplicationInstanceArn: arn:aws:dms:us-east-1:123456789012:rep:6UTDJGBOUS3VI3SUWA66XFJCJQ
"""  # noqa: E501


def test_shows_the_documented_example_as_the_contract_says(serve, mount, sh):
    sim = serve()
    sim.fault(kind='raw', count=-1, content_type='application/x-amz-json-1.1',
              body=json.dumps(ast.literal_eval(EXAMPLE)))
    root = mount(sim).path
    assert len(sim.log()) == 1
    assert sh('cat', root / 'test' / 'testsrc1') == FILE
    assert sh(*find(root, '-type', 'f')) == f'{root}/test/testsrc1\n'
    assert sh('ls', root) == 'test\n'
