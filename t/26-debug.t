# Debug lines: where a request, a connection, a lease and a key set turn there
# is a line of ours, and none has a code, a subject, a holder, a password or a
# key in it.  docs/operations.md, "Debug lines".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Jws qw(b64 json);
use Healthcode::Nginx;

my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
plan skip_all => "$binary was built without --with-debug"
    if qx($binary -V 2>&1) !~ /--with-debug/;

my $f = Healthcode::Fixture->new;

my ($alice, $bob, $carol) = map { $f->code($_) } qw(ALICE BOB CAROL);
my $unknown = $f->code('ALICE') =~ s/....$/AAAA/r;
$f->redis->cmd('HSET', $f->risk('bob'),
               'confirmed', 0);

my $secret = 'a secret that comes and goes, of 32 bytes or more';
sub set {
    my ($kid) = @_;
    return json({ keys => [ { kty => 'oct', alg => 'HS256', kid => $kid,
                              k => b64($secret) } ] });
}
my $path = $f->write('moving.jwks', set('one'), 0600);
$f->write('site/located.jwks', set('located'), 0600);

my $conf = $f->http_conf(cache => 'gate');
my $nginx = Healthcode::Nginx->new(
    module => $f->module, level => 'debug', http => <<"END")->start;
healthcode_zone gate 1m;
$conf
healthcode_issuer moving { iss https://moving.example; algorithms HS256;
    keys $path; }
healthcode_issuer located { iss https://located.example; algorithms HS256;
    keys_location /located; keys_min_interval 1s; }
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location = /located { internal; alias ${\ $f->path('site')}/located.jwks; }
    location /t {
        healthcode on; healthcode_code_cache off;
        healthcode_source query code; healthcode_source cookie code;
        healthcode_source header Authorization "^Bearer (.+)\$";
        alias ${\ $f->path('site')}/passed;
    }
    location /known {
        healthcode on; healthcode_code_cache gate;
        alias ${\ $f->path('site')}/passed;
    }
    location /moved { healthcode on; try_files /none /known; root /; }
}
END

sub ours { return grep { /\[debug\].* healthcode: / } split /\n/, $nginx->error_log }

# Whether the lines of what is done have these, in this order.
sub says {
    my ($what, $do, @patterns) = @_;
    my $before = () = ours();
    $do->();
    my @lines = ours();
    @lines = @lines[$before .. $#lines];
    my @all = @lines;
    for my $pattern (@patterns) {
        shift @lines while @lines && $lines[0] !~ $pattern;
        ok(scalar @lines, "$what: $pattern") or diag join "\n", @all;
    }
}

says('a live read', sub { is($nginx->ask($alice), 200, 'it passes') },
     qr/access, policy \d+ after 0, resumed: 0, judged: 0/, qr/source: ok/,
     qr/code is read, an issuer's: 1, signed: 1: ok/,
     qr/store "flags": lookup joined: 0, pending: 1/, qr{healthcode: suspended},
     qr/store "flags": lookup ends: ok/, qr/live read took \d+ us: ok/, qr/resumed/,
     qr/access, policy (\d+) after \1, resumed: 1/, qr/verdict, allow: 1, reason: ok/,
     qr/content of policy (\d+), passed: \1/);
like(join("\n", ours()), qr/store "flags": connect to unix:.*
.*"flags": connected, handshake of \d+ replies
(?s:.*)"flags": proven, \d+ lookups wait/, 'the connection before it');
like(join("\n", ours()), qr/store "flags": owner \d+ begins epoch \d+/,
     'and its lease');
ok($nginx->logged(qr/store "flags": lease of epoch \d+ renewed, sent at \d+/, 5),
   'which is renewed');

$nginx->ask($alice, '/known') for 1 .. 2;
says('a code and a holder that are known',
     sub { is($nginx->ask($alice, '/known'), 200, 'it passes') },
     qr/known code of issuer "national": ok/, qr/holder is known in store "flags"/,
     qr/verdict, allow: 1/);
says('a flag', sub { is($nginx->ask($bob), '403 flagged', 'it is refused') },
     qr/live read took \d+ us: flagged/, qr/verdict, allow: 0, reason: flagged/);
says('no code', sub { is($nginx->ask(undef), '401 missing', 'it is refused') },
     qr/source: missing/, qr/verdict, allow: 0, reason: missing/);
says('a wrong signature',
     sub { is($nginx->ask($unknown), '401 signature', 'it is refused') },
     qr/code is read, an issuer's: 1, signed: 0: signature/);
says('a code in the arguments, and one in a cookie',
     sub { get($nginx->sock, "/t?code=$carol", []);
           get($nginx->sock, '/t', [ "Cookie: code=$carol" ]) },
     qr/signed: 1: ok/, qr/signed: 1: ok/);
says('a redirect to another policy',
     sub { $nginx->ask($alice, '/moved') },
     qr/access, policy (\d+) after 0/, qr/access, policy (\d+) after (?!\1|0)\d/);
says('a change that is pushed',
     sub { $f->redis->cmd('HSET', $f->risk('alice'),
                          'contact', 0);
           $nginx->ask_until('403 flagged', 5, $alice, '/known') },
     qr/store "flags": 1 changes pushed/);
$f->write('moving.jwks', set('two'), 0600);
says('a key file that changes',
     sub { $nginx->logged(qr/issuer "moving" has new keys/, 10) },
     qr/keys of issuer "moving": read: 0, given: 0, closed: 0/);
like(join("\n", ours()), qr/keys of issuer "located": ask location "\/located"
(?s:.*)keys of issuer "located": answer 200 of \d+ bytes
(?s:.*)keys of issuer "located": read: 0, given: 2/, 'and a location');
says('a store that goes',
     sub { $f->redis->down; $nginx->ask_until('503 store_unavailable', 5, $bob) },
     qr/store "flags": disconnect in state \d/,
     qr/store "flags": connect again, failures: \d/);

my $all = join "\n", ours();
for my $code ($alice, $bob, $carol, $unknown) {
    my @parts = split /\./, $code;
    unlike($all, qr/\Q$parts[$_]\E/, "part $_ of a code is in none") for 1, 2;
}
unlike($all, qr/\b$_\b/i, "the subject $_ is in none") for qw(alice bob carol);
unlike($all, qr/\Q${\ $f->holder($_)}\E/i, "nor is the holder $_")
    for qw(alice bob);
unlike($all, qr/\Q$_\E/, 'nor a password, the pepper or a key')
    for map({ s/\s+$//r } $f->read('password'), $f->read('pepper')), $secret,
        b64($secret);
is($nginx->stop, 0, 'it ends by itself');

done_testing;
