# A hall that Prometheus can watch: a real gate with everything that has a
# metric, on a port for the scrape that docs/monitoring/README.md shows, and the
# Redis of the fixture.

package Healthcode::Monitoring::Hall;

use strict;
use warnings;

use JSON::PP ();

use Healthcode::Docs qw(slurp document);
use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Nginx;
use Healthcode::Ports qw(free_port);
use Healthcode::Sentinel;


# The server that README.md shows, on another port.
sub metrics_server {
    my ($port) = @_;
    my $doc = document($Healthcode::Fixture::ROOT, 'docs/monitoring/README.md');
    my ($fence) = grep { $_->{info} eq 'nginx http' } @{ $doc->{fences} };
    my $text = $fence->{text};
    $text =~ s/127\.0\.0\.1:9180/127.0.0.1:$port/ or die "no port in README.md\n";
    return $text;
}


sub new {
    my ($class) = @_;
    my $f = Healthcode::Fixture->new;
    $f->admin('store touch --source registry');
    my $city = Healthcode::Sentinel->new(fixture => $f, servers => 1, sentinels => 1,
                                         password => $f->password);
    $f->init_store($city->master);
    my $self = bless { f => $f, port => free_port(), city => $city }, $class;
    my $sunset = sprintf '%04d-%02d-%02dT00:00:00Z',
        sub { $_[5] + 1900, $_[4] + 1, $_[3] }->(gmtime time + 5 * 86400);
    $f->write('site/keys', $f->read('province.jwks'), 0644);
    my $site = $f->path('site');

    $self->{nginx} = Healthcode::Nginx->new(module => $f->module, workers => 2,
        http => join "\n", 'healthcode_zone hall 1m; healthcode_code_cache hall;',
        $f->pepper_conf, $f->issuer_conf('national', sunset => $sunset),
        $f->issuer_conf('site'),
        "healthcode_issuer province { iss https://province.example; "
        . 'keys_location /keys; algorithms ES256; keys_min_interval 1s; }',
        $f->store_conf('flags', cache => 'hall'),
        $f->store_conf('second', server => 'unix:{{ROOT}}/nobody.sock',
                       timeout => '100ms'),
        $f->store_conf('led', $city->lines),
        'healthcode_risk flags;', metrics_server($self->{port}), <<"END");
server {
    listen unix:{{SOCK}};
    server_name hall.example;
    location /alive { return 204; }
    location /status { healthcode_status json; }
    location /page { healthcode_status html; }
    location = /keys { internal; alias $site/keys; }
    location /t { healthcode_name main; healthcode on; alias $site/passed; }
    location /second { healthcode_name second; healthcode on; healthcode_risk second;
                       alias $site/passed; }
    location /open { healthcode_name open; healthcode on; healthcode_risk second;
                     healthcode_on_outage allow; alias $site/passed; }
    location /audit { healthcode_name try; healthcode audit; alias $site/passed; }
}
END
    return $self;
}


sub start   { $_[0]{nginx}->start; return $_[0] }
sub f       { $_[0]{f} }
sub nginx   { $_[0]{nginx} }
sub port    { $_[0]{port} }
sub metrics { get("127.0.0.1:$_[0]{port}", '/metrics', [])->{body} }
sub status  { JSON::PP->new->utf8->decode(get($_[0]{nginx}->sock, '/status', [])->{body}) }


sub ask {
    my ($self, $uri, $code) = @_;
    return scalar $self->{nginx}->ask($code, $uri);
}


# People of every kind, one after the other: [ what, URI, code, answer ].
sub people {
    my ($self) = @_;
    my $f = $self->{f};
    $f->redis->cmd('HSET', $f->risk('bob'), 'confirmed', 0);
    my $alice = $f->code('ALICE');
    return (
        [ 'an honest code',      '/t', $alice, '200' ],
        [ 'the same again',      '/t', $alice, '200' ],
        [ 'another issuer',      '/t', $f->code('CAROL'), '200' ],
        [ 'keys that are fetched', '/t', $f->issue(key => 'prov-es', sub => 'dan'), '200' ],
        [ 'a flagged holder',    '/t', $f->code('BOB'), '403 flagged' ],
        [ 'no code',             '/t', undef, '401 missing' ],
        [ 'no code of ours',     '/t', 'abc', '401 malformed' ],
        [ 'a forged code',       '/t', forged($alice), '401 signature' ],
        [ 'a stranger',          '/t', $f->issue(iss => 'https://stranger.example'),
          '401 issuer' ],
        [ 'a store that is not there', '/second', $alice, '503 store_unavailable' ],
        [ 'likewise, let in',    '/open', $alice, '200' ],
        [ 'an audit',            '/audit', undef, '200' ],
    );
}


sub forged { return substr($_[0], 0, -8) . 'AAAAAAAA' }

1;
