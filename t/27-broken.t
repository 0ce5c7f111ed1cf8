# An issuer whose key files are broken stops nobody else: nginx starts, its codes
# alone get 503, a reload keeps the keys that it had, and a good file counts
# without one.  docs/keys.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET ();
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep);

use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Jws qw(b64 json);
use Healthcode::Nginx;
use Healthcode::Numbered qw(jwks code_of);
use Healthcode::Process;

my $f = Healthcode::Fixture->new(no_redis => 1);
my $dir = $f->path('keys');
mkdir $dir;

sub put { my ($name, $text) = @_; return $f->replace("keys/$name", $text, 0600) }

sub gate {
    my ($lines, %opt) = @_;
    return Healthcode::Nginx->new(module => $f->module, workers => 2,
                                  http => conf($lines, %opt), %opt);
}

sub conf {
    my ($lines, %opt) = @_;
    my $located = $opt{located} // '';
    return <<"END";
healthcode_issuer broken { iss broken; algorithms HS256; $lines }
healthcode_issuer whole { iss whole; algorithms HS256; keys $dir/whole.jwks; }
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location = /located { internal; $located }
    location /t { healthcode on; alias ${\ $f->path('site')}/passed; }
    location /status { healthcode_status; }
}
END
}

# All answers of many requests, which both workers answer.
sub answers {
    my ($nginx, $code) = @_;
    my %seen;
    $seen{ $nginx->ask($code) }++ for 1 .. 30;
    return join ' ', sort keys %seen;
}

sub lines { my ($nginx, $pattern) = @_; return grep { /$pattern/ } split /\n/, $nginx->error_log }

# Until two others stand in their place.
sub kill_workers {
    my ($nginx) = @_;
    my @old = $nginx->workers;
    kill 'KILL', @old;
    for (1 .. 200) {
        my @new = $nginx->workers;
        last if @new == 2 && !grep { my $pid = $_; grep { $_ == $pid } @old } @new;
        sleep 0.02;
    }
    sleep 0.2;
}

put('whole.jwks', jwks(9));


# ---- each way to be broken ----

mkdir "$dir/directory";
mkdir "$dir/empty.d";
mkdir "$dir/bad.d";
$f->write('keys/bad.d/one.jwks', jwks(1), 0600);
$f->write('keys/bad.d/two.jwks', '{"keys":[', 0600);
open my $large, '>', "$dir/large.jwks" or die;
truncate $large, 9 * 1024 * 1024;
close $large;
put('empty.jwks', '');
put('garbage.jwks', "\0\1\2 garbage");
put('none.jwks', json({ keys => [ { kty => 'OKP', crv => 'Ed25519', x => 'AA' } ] }));
put('weak.jwks', json({ keys => [ { kty => 'oct', kid => 'w', k => b64('short') } ] }));
put('one.jwks', jwks(1));

for my $case (
    [ 'absent', "keys $dir/absent.jwks;", qr/cannot be opened \(2: No such file/ ],
    [ 'empty', "keys $dir/empty.jwks;", qr/it is empty/ ],
    [ 'garbage', "keys $dir/garbage.jwks;", qr/neither a JWK set nor a PEM/ ],
    [ 'without a usable key', "keys $dir/none.jwks;", qr/no key for these algorithms/ ],
    [ 'with a weak key', "keys $dir/weak.jwks;", qr/line 1: key "w": "k" is missing/ ],
    [ 'a directory', "keys $dir/directory;", qr/it is a directory; write "keys_dir/ ],
    [ 'too large', "keys $dir/large.jwks;", qr/not a regular file of at most 8 MiB/ ],
    [ 'one of two', "keys $dir/one.jwks $dir/empty.jwks;", qr/it is empty/ ],
    [ 'a directory that is absent', "keys_dir $dir/absent.d;", qr/the directory cannot be read \(2: / ],
    [ 'a directory without keys', "keys_dir $dir/empty.d;", qr/no key file in this directory/ ],
    [ 'a directory that is a file', "keys_dir $dir/one.jwks;", qr/it is not a directory/ ],
    [ 'a file of a folder', "keys_dir $dir/bad.d;", qr/two\.jwks".*not strict JSON/ ])
{
    my ($what, $lines, $says) = @$case;
    my $nginx = gate($lines);
    my ($status, $out) = $nginx->check;
    is($status, 0, "keys that are $what: nginx -t succeeds") or diag $out;
    like($out, qr/\[crit\] .*keys "\S+" of issuer "broken" cannot be used: .*in \S+nginx\.conf:\d+$/m,
         'and says so, with its place');
    like($out, $says, 'and why');
    is(scalar(() = $out =~ /\[crit\]/g), 1, 'once');
    $nginx->start;
    is(answers($nginx, code_of('broken', 1)), '503 keys_unavailable',
       'its codes get 503');
    is($nginx->ask(code_of('whole', 9)), 200, "another issuer's pass");
    is($nginx->ask(code_of('neither', 1)), '401 issuer', "a stranger's do not");
    is($nginx->stop, 0, 'and nginx ends by itself');
}

# Where no other issuer has keys, nobody would be let in.
{
    my $nginx = gate("keys $dir/empty.jwks;");
    put('whole.jwks', '');
    my ($status, $out) = $nginx->check;
    isnt($status, 0, 'keys of all issuers are broken: nginx -t fails');
    is(scalar(() = $out =~ /\[crit\]/g), 2, 'and names each');
    like($out, qr/\[emerg\] .*no issuer has keys that can be used/, 'and says why');
    put('whole.jwks', jwks(9));
    is(($nginx->check)[0], 0, 'one that has keys is enough');
}

# Root may read everything: nginx as another user, in a folder of its own.  Under
# a sanitizer it could not read its options there.
if (!$Healthcode::Fixture::STATIC) {
    my $nobody = getpwnam 'nobody';
    my @wrap = $> == 0 ? ($^X, '-e', '$) = "$ARGV[0] $ARGV[0]"; $< = $> = shift; exec @ARGV', $nobody) : ();
    mkdir $f->path('module');
    my ($build) = $f->module =~ m{^(.*)/};
    system 'cp', $f->module, glob("$build/*.so.*"), $f->path('module');
    chmod 0755, $f->path('module'), glob $f->path('module') . '/*';
    my $nginx = Healthcode::Nginx->new(wrap => \@wrap,
        module => $f->path('module') . '/ngx_http_healthcode_module.so',
        http => conf("keys $dir/one.jwks;") =~ s{whole\.jwks}{seen.jwks}r);
    put('seen.jwks', jwks(9));
    chmod 0644, "$dir/seen.jwks";
    chmod 0, "$dir/one.jwks";
    chmod 0777, $nginx->root, $nginx->root . '/logs';
    my ($status, $out) = $nginx->check;
    is($status, 0, 'keys that cannot be read: nginx -t succeeds') or diag $out;
    like($out, qr/\[crit\].*one\.jwks" of issuer "broken".*\(13: Permission denied\)/,
         'and says so');
    $nginx->start;
    is($nginx->ask(code_of('broken', 1)), '503 keys_unavailable', 'its codes get 503');
    is($nginx->ask(code_of('whole', 9)), 200, "another issuer's pass");
    chmod 0644, "$dir/one.jwks";
    is($nginx->ask_until(200, 10, code_of('broken', 1)), 200,
       'and its own when the file can be read');
    kill 'QUIT', $nginx->pid;
    is($nginx->{process}->wait(10), 0, 'it ends by itself');
}

for my $case ([ 'JWK', json({ keys => [ { kty => 'EC', crv => 'P-256', d => 'AA' } ] }) ],
              [ 'PEM', "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n" ])
{
    my ($what, $text) = @$case;
    put('private', $text);
    my ($status, $out) = gate("keys $dir/private;")->check;
    isnt($status, 0, "a private key as $what is refused");
    like($out, qr/\[emerg\].*private" of issuer "broken" cannot be used: .*it is a private key/,
         'in words');
}

put('private', '{"keys":[ { "kty": "EC", "d": "AA" }, ]}');
{
    my ($status, $out) = gate("keys $dir/private;")->check;
    isnt($status, 0, 'a private key in broken JSON is refused');
    like($out, qr/\[emerg\].*private" of issuer "broken" cannot be used: line 1: it is a private key/,
         'in words');
}
put('private', json({ keys => [ { kty => 'EC', crv => 'P-256', d => 'AA' } ] }));

# One that lies behind a broken one, in its file or in another.
put('before.jwks', '{"keys":[');
mkdir "$dir/hidden.d";
$f->write('keys/hidden.d/a.jwks', '', 0600);
$f->write('keys/hidden.d/b.jwks', jwks(1), 0600);
$f->write('keys/hidden.d/c.pem', "-----BEGIN PRIVATE KEY-----\n", 0600);
for my $case ([ 'a file', "keys $dir/before.jwks $dir/private;", qr/private/ ],
              [ 'a folder', "keys_dir $dir/hidden.d;", qr/hidden\.d.c\.pem/ ])
{
    my ($what, $lines, $named) = @$case;
    my ($status, $out) = gate($lines)->check;
    isnt($status, 0, "a broken file before it in $what does not hide a private key");
    like($out, qr/\[emerg\].*keys "\S*$named" of issuer "broken" .*it is a private key/,
         'which is named');
}


# ---- it becomes good while nginx serves ----

for my $case ([ 'a file', "keys $dir/late.jwks;", 'late.jwks' ],
              [ 'a folder', "keys_dir $dir/late.d;", 'late.d/a.jwks' ])
{
    my ($what, $lines, $name) = @$case;
    my $nginx = gate($lines)->start;
    is(answers($nginx, code_of('broken', 1)), '503 keys_unavailable', "$what is absent");
    unlike($nginx->error_log, qr/were read by the master/, 'which nobody has read');
    mkdir "$dir/late.d";
    put($name, jwks(1));
    is($nginx->ask_until(200, 10, code_of('broken', 1)), 200,
       'when it is there its codes pass, without a reload');
    sleep 2;
    is(answers($nginx, code_of('broken', 1)), 200, 'in each worker');
    is($nginx->ask(code_of('broken', 2)), '401 key', 'those of its keys alone');
    is($nginx->stop, 0, 'it ends by itself');
}


# ---- a reload ----

# Waits until each worker has taken what makes code be answered so.
sub settle {
    my ($nginx, $wanted, $code) = @_;
    for (1 .. 40) {
        return if answers($nginx, $code) eq $wanted;
        sleep 0.25;
    }
}

{
    put('kept.jwks', jwks(1, 2));
    my $nginx = gate("keys $dir/kept.jwks;")->start;
    is(answers($nginx, code_of('broken', 1)), 200, 'a code passes');

    put('kept.jwks', '{"keys":[');
    ok($nginx->reload, 'a reload finds the file broken');
    ok($nginx->logged(qr/\[crit\].*kept\.jwks" of issuer "broken" cannot be used/, 5),
       'says so');
    ok($nginx->logged(qr/\[warn\].*issuer "broken" keeps the keys that it had: 2/, 5),
       'and keeps the keys');
    is(answers($nginx, code_of('broken', 1)), 200, 'so that codes pass');
    is($nginx->ask(code_of('broken', 3)), '401 key', 'and no others');

    ok($nginx->reload, 'one more reload');
    is(answers($nginx, code_of('broken', 2)), 200, 'keeps them as well');

    put('kept.jwks', jwks(2, 3));
    is($nginx->ask_until(200, 10, code_of('broken', 3)), 200, 'a good file counts');
    settle($nginx, 200, code_of('broken', 3));
    settle($nginx, '401 key', code_of('broken', 1));
    is(answers($nginx, code_of('broken', 1)), '401 key',
       'and a key that it has no more does not');

    unlink "$dir/kept.jwks";
    ok($nginx->reload, 'a reload finds no file');
    settle($nginx, 200, code_of('broken', 2));
    is(answers($nginx, code_of('broken', 2)), 200,
       'and keeps the keys that workers had taken up');
    is(answers($nginx, code_of('broken', 1)), '401 key',
       'not those of the last reload, of which one was taken out');

    put('kept.jwks', jwks(4));
    ok($nginx->reload, 'a reload reads a good file');
    unlink "$dir/kept.jwks";
    ok($nginx->reload, 'and the next one finds none');
    settle($nginx, 200, code_of('broken', 4));
    is(answers($nginx, code_of('broken', 4)), 200, 'it keeps what the last one read');
    is(answers($nginx, code_of('broken', 2)), '401 key', 'and nothing from before it');

    $nginx->configure(conf("keys $dir/elsewhere.jwks;"));
    ok($nginx->reload, 'a reload names another file, which is not there');
    settle($nginx, '503 keys_unavailable', code_of('broken', 4));
    is(answers($nginx, code_of('broken', 4)), '503 keys_unavailable',
       'keys of the old file are not its keys');
    $nginx->configure(conf("keys $dir/kept.jwks;"));
    ok($nginx->reload, 'back to the old one, which is still broken');
    is(answers($nginx, code_of('whole', 9)), 200, 'another issuer never notices');
    is($nginx->stop, 0, 'it ends by itself');
}

{
    put('two.jwks', jwks(1));
    my $nginx = gate("keys $dir/one.jwks $dir/two.jwks;")->start;
    put('two.jwks', "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n");
    $nginx->signal('HUP');
    ok($nginx->logged(qr/\[emerg\].*two\.jwks".*private key/, 5),
       'a private key stops a reload');
    is(answers($nginx, code_of('broken', 1)), 200, 'and the old workers serve on');

    my $stop = Healthcode::Process->spawn([ $nginx->_command('stderr', '-s', 'stop') ]);
    isnt($stop->wait(10), 0, 'nginx -s stop says it, too');
    put('two.jwks', '');
    $stop = Healthcode::Process->spawn([ $nginx->_command('stderr', '-s', 'stop') ]);
    is($stop->wait(10), 0, 'with a broken file nginx -s stop works');
    like($stop->output, qr/\[crit\].*two\.jwks".*it is empty/, 'and says so');
    is($nginx->{process}->wait(10), 0, 'and nginx stops');
}


# ---- a worker in the place of one that died ----

{
    put('died.jwks', jwks(1, 2));
    my $nginx = gate("keys $dir/died.jwks;")->start;
    put('died.jwks', jwks(2));
    settle($nginx, '401 key', code_of('broken', 1));
    sleep 1;
    is(answers($nginx, code_of('broken', 1)), '401 key', 'a key is taken out');
    put('died.jwks', '');
    ok($nginx->logged(qr/died\.jwks" of issuer "broken" cannot be used/, 10),
       'then the file breaks');
    kill_workers($nginx);
    is(answers($nginx, code_of('broken', 1)), '401 key',
       'workers in the place of those that died have it no more');
    is(answers($nginx, code_of('broken', 2)), 200, 'but the keys that stayed');
    is($nginx->stop, 0, 'it ends by itself');
}

# A set that is too large to be kept.
{
    my $large = sub { jwks(@_) =~ s/\}\z/',"pad":"' . 'x' x 1_100_000 . '"}'/er };
    put('large.jwks', $large->(1, 2));
    my $nginx = gate("keys $dir/large.jwks;")->start;
    is(answers($nginx, code_of('broken', 1)), 200, 'a large set counts');
    put('large.jwks', $large->(2));
    settle($nginx, '401 key', code_of('broken', 1));
    sleep 1;
    put('large.jwks', '');
    ok($nginx->logged(qr/large\.jwks" of issuer "broken" cannot be used/, 10),
       'a key is taken out, then the file breaks');
    kill_workers($nginx);
    is(answers($nginx, code_of('broken', $_)), '503 keys_unavailable',
       "workers in the place of those that died know no key $_") for 1, 2;
    put('large.jwks', $large->(2));
    settle($nginx, 200, code_of('broken', 2));
    is(answers($nginx, code_of('broken', 2)), 200, 'until the file is good');
    is(answers($nginx, code_of('broken', 1)), '401 key', 'which has key 1 no more');
    is($nginx->stop, 0, 'it ends by itself');
}


# ---- a reload that fails after the keys were read ----

{
    put('failed.jwks', jwks(1, 2));
    my $lines = "keys $dir/failed.jwks;";
    my $nginx = gate($lines)->start;
    put('failed.jwks', jwks(2, 3));
    settle($nginx, '401 key', code_of('broken', 1));
    my @old = $nginx->workers;    # the first serves before the last is there

    my $taken = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die;
    $nginx->configure(conf($lines) . 'server { listen 127.0.0.1:' . $taken->sockport . '; }');
    $nginx->signal('HUP');
    ok($nginx->logged(qr/still could not bind/, 10), 'a reload fails for its port');
    is_deeply([ sort $nginx->workers ], [ sort @old ], 'the old workers serve on');

    put('failed.jwks', jwks(3));
    settle($nginx, '401 key', code_of('broken', 2));
    sleep 1;
    put('failed.jwks', '');
    ok($nginx->logged(qr/failed\.jwks" of issuer "broken" cannot be used/, 10),
       'two keys are taken out, then the file breaks');
    kill_workers($nginx);
    is(answers($nginx, code_of('broken', $_)), '401 key',
       "a worker in the place of one that died has key $_ no more") for 1, 2;
    is(answers($nginx, code_of('broken', 3)), 200, 'but the key that stayed');

    close $taken;
    $nginx->configure(conf($lines));
    ok($nginx->reload, 'a reload succeeds');
    settle($nginx, 200, code_of('broken', 3));
    is(answers($nginx, code_of('broken', 3)), 200, 'and keeps that key');
    is(answers($nginx, code_of('broken', 2)), '401 key', 'and no other');
    is($nginx->stop, 0, 'it ends by itself');
}


# ---- with a location beside ----

{
    $f->write('site/located.jwks', jwks(5), 0600);
    put('beside.jwks', jwks(1));
    my $located = "alias ${\ $f->path('site')}/located.jwks;";
    my $lines = "keys $dir/beside.jwks; keys_location /located; keys_min_interval 1s;";
    my $nginx = gate($lines, located => $located)->start;
    settle($nginx, 200, code_of('broken', 5));
    is(answers($nginx, code_of('broken', $_)), 200, "a code of key $_ passes") for 1, 5;
    unlink "$dir/beside.jwks";
    ok($nginx->reload, 'a reload finds the file gone');
    is(answers($nginx, code_of('broken', $_)), 200, "key $_ is kept") for 1, 5;
    is($nginx->stop, 0, 'it ends by itself');
}

done_testing;
