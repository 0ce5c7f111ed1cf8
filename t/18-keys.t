# Keys that change while nginx serves: files are watched, a new set takes the
# place of the old one whole, a broken one does not; several files, a folder,
# another way in for the issuer's keys by a location.
# docs/keys.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Jws qw(json);
use Healthcode::Nginx;
use Healthcode::Numbered qw(jwk jwks code_of);

my $f = Healthcode::Fixture->new(no_redis => 1);
my $iss = 'https://rotating.example';
my $dir = $f->path('rotating');
mkdir $dir;


# A code that key N signs.
sub code { my ($n, %header) = @_; return code_of($iss, $n, \%header) }

sub put { my ($name, $text) = @_; return $f->replace("rotating/$name", $text, 0600) }

sub gate {
    my ($lines, %opt) = @_;
    return Healthcode::Nginx->new(
        module => $f->module, workers => $opt{workers} || 1,
        user => $opt{user}, http => <<"END");
healthcode_issuer rotating {
    iss $iss; algorithms HS256;
$lines
}
${\ ($opt{more} || '')}
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { healthcode on; alias ${\ $f->path('site')}/passed; }
    location /status { healthcode_status; }
}
END
}

# What `healthcode_status` says of the issuer.
sub status {
    my ($nginx) = @_;
    my $answer = get($nginx->sock, '/status', []);
    return JSON::PP->new->decode($answer->{body})->{keys}[0];
}

sub alarming {
    my ($nginx) = @_;
    return join "\n", grep { /\[(alert|crit|emerg)\]/ }
        split /\n/, $nginx->error_log;
}

sub count { my ($nginx, $pattern) = @_; return scalar(() = $nginx->error_log =~ /$pattern/g) }


# ---- a file that changes ----

{
    put('keys.jwks', jwks(1));
    my $nginx = gate("keys $dir/keys.jwks;", workers => 2)->start;
    is($nginx->ask(code(1)), 200, 'a code of the first key passes');
    is($nginx->ask(code(2)), '401 key', 'one of a key that is not there is not');
    my $first = status($nginx);
    my ($version) = $nginx->error_log =~ m{\[notice\].* healthcode/([\d.]+)$}m;
    my $json = JSON::PP->new->decode(get($nginx->sock, '/status', [])->{body});
    is($json->{version}, $version, 'the status has the version that the log has');
    is_deeply([ @{$first}{qw(issuer keys skipped loads failures fetches fetch_failures)} ],
              [ 'rotating', 1, 0, 0, 0, 0, 0 ], 'the status shows the keys');
    like($first->{generation}, qr/^[0-9a-f]{16}$/, 'and their generation');

    my $start = time;
    put('keys.jwks', jwks(1, 2));
    is($nginx->ask_until(200, 10, code(2)), 200, 'a key that is added counts');
    cmp_ok(time - $start, '<', 5, 'within 5 seconds, without a reload');

    # both workers, since either may answer
    sleep 2;
    my %seen;
    $seen{ $nginx->ask(code(2)) }++ for 1 .. 40;
    is(join(' ', keys %seen), 200, 'in every worker');

    put('keys.jwks', jwks(2));
    is($nginx->ask_until('401 key', 10, code(1)), '401 key',
       'a key that is taken out counts no more');
    is($nginx->ask(code(2)), 200, 'and the other still does');

    # in both workers, before the next file
    sleep 2;
    put('keys.jwks', "{\"keys\":[\n" . json(jwk(2)) . ",\n"
        . json(jwk(3, d => 'AQ')) . "\n]}\n");
    ok($nginx->logged(qr/cannot be used/, 10), 'a broken file is logged');
    like($nginx->error_log,
         qr/\[error\].*keys "\S+keys\.jwks" of issuer "rotating".*line 3: /,
         'with file, issuer and line');
    like($nginx->error_log, qr/line 3: key "k3":.*the old ones stay/,
         'and with the key');
    sleep 3;
    is(count($nginx, 'cannot be used'), 1,
       'once, however many workers read it and however long it stays');
    is($nginx->ask(code(2)), 200, 'and the old keys stay');
    is($nginx->ask(code(3)), '401 key', 'with none of the broken set');
    is(status($nginx)->{failures}, 1, 'the status counts it, once as well');
    is(status($nginx)->{loads}, 2, 'beside the sets that were new');
    my %generation = map { status($nginx)->{generation} => 1 } 1 .. 20;
    is(scalar keys %generation, 1, 'and all workers have the same generation');

    put('keys.jwks', jwks(3));
    is($nginx->ask_until(200, 10, code(3)), 200, 'a whole file ends that');

    # in both workers, before it is gone
    sleep 3;
    unlink "$dir/keys.jwks";
    ok($nginx->logged(qr/cannot be opened \(2: No such/, 10),
       'a file that is gone is logged');
    is($nginx->ask(code(3)), 200, 'and its keys stay');
    is($nginx->stop, 0, 'the gate ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
}

# ---- a key that cannot be used ----

# Two issuers, of which one has two files.
sub two {
    my ($rotating) = @_;
    return gate($rotating, workers => 2, more => 'healthcode_issuer other { '
                . "iss other; algorithms HS256; keys $dir/other.jwks; }");
}

# The text of a set, a key a line; those that are negative are too short.
sub lined {
    return "{\"keys\":[\n" . join(",\n", map { json($_ > 0 ? jwk($_)
        : jwk(-$_, k => 'short')) } @_) . "\n]}\n";
}

{
    put('one.jwks', lined(1));
    put('two.jwks', lined(2, -3));
    put('other.jwks', lined(9));
    my $nginx = two("keys $dir/one.jwks $dir/two.jwks;");
    my ($status, $out) = $nginx->check;
    is($status, 0, 'a key that cannot be used: nginx -t succeeds');
    like($out, qr/\[warn\] .*issuer "rotating" skips a key of "\S+two\.jwks": line 3: key "k3": "k" is missing/,
         'and says which, in which file and line, and why');
    is(scalar(() = $out =~ /skips/g), 1, 'once');
    unlike($out, qr/\[crit\]/, 'nothing is critical');

    $nginx->start;
    is(join(' ', map { scalar $nginx->ask(code($_)) } 1, 2, 3),
       '200 200 401 key', 'the keys around it count');
    is($nginx->ask(code_of('other', 9)), 200, 'and those of another issuer');
    my $json = JSON::PP->new->decode(get($nginx->sock, '/status', [])->{body});
    is_deeply({ map { $_->{issuer} => "$_->{keys} $_->{skipped}" } @{ $json->{keys} } },
              { other => '1 0', rotating => '2 1' }, 'the status counts it');

    my $before = count($nginx, 'skips a key');
    put('two.jwks', lined(-3, 2, 4));
    is($nginx->ask_until(200, 10, code(4)), 200, 'a set that changes is read');
    ok($nginx->logged(qr/\[warn\] .*issuer "rotating" skips a key of "\S+two\.jwks": line 2: key "k3": /, 10),
       'and says again what it skips');
    sleep 3;
    is(count($nginx, 'skips a key'), $before + 1,
       'once, however many workers read it and however long it stays');

    # beside the keys of another file
    put('two.jwks', lined(-3));
    is($nginx->ask_until('401 key', 10, code(2)), '401 key',
       'a file may have no other key');
    is($nginx->ask(code(1)), 200, 'if another file has one');
    put('two.jwks', '{"keys":[]}');
    ok($nginx->logged(qr/\[warn\] .*issuer "rotating" skips "\S+two\.jwks": it has no key for these/, 10),
       'or be empty, which is said');
    is($nginx->ask(code(1)), 200, 'and the other file counts');

    # today nothing is left, of what was there yesterday
    put('one.jwks', lined(-1));
    ok($nginx->logged(qr/\[error\] .*new keys "\S+one\.jwks" of issuer "rotating" cannot be used: line 2: key "k1": .*; 1 more cannot be used either; the old ones stay/, 10),
       'a set without a key is an error');
    is($nginx->ask(code(1)), 200, 'and the old one stays');
    is(count($nginx, 'cannot be used:'), 1, 'which is said once');
    ok($nginx->reload, 'a reload');
    ok($nginx->logged(qr/\[warn\] .*issuer "rotating" keeps the keys that it had: 1/, 5),
       'keeps it as well');
    is($nginx->ask(code(1)), 200, 'so that its codes pass');
    is($nginx->ask(code_of('other', 9)), 200, 'as do those of the other issuer');
    put('one.jwks', lined(5));
    is($nginx->ask_until(200, 10, code(5)), 200, 'one key is enough');
    is($nginx->stop, 0, 'it ends by itself');
}

{
    put('one.jwks', lined(1, -7));
    put('two.jwks', lined(-3, 2));
    put('other.jwks', lined(9));
    my (undef, $said) = two("keys $dir/one.jwks $dir/two.jwks;")->check;
    is(join(' ', $said =~ /skips a key of "\S+?(\w+\.jwks": line \d: key "k\d)"/g),
       'one.jwks": line 3: key "k7 two.jwks": line 2: key "k3',
       'keys of two files are named with their own');

    put('one.jwks', lined(1, map { -$_ } 10 .. 21));
    put('other.jwks', lined(-9, 8));
    my ($status, $out) = two("keys $dir/one.jwks;")->check;
    is($status, 0, 'twelve such keys: nginx -t succeeds');
    is(scalar(() = $out =~ /issuer "rotating" skips a key/g), 8, 'eight are named');
    like($out, qr/\[warn\] .*issuer "rotating" has 4 more such keys/, 'the rest is counted');
    is(scalar(() = $out =~ /issuer "other" skips a key of "\S+other\.jwks"/g), 1,
       'by issuers and their files');
}

# ---- a set is never half ----

{
    # two files; the second is broken for a while, the first is new
    put('one.jwks', jwks(1));
    put('two.jwks', jwks(2));
    my $nginx = gate("keys $dir/one.jwks $dir/two.jwks;")->start;
    is(join(' ', map { scalar $nginx->ask(code($_)) } 1, 2), '200 200',
       'several files are one set');
    put('two.jwks', '{"keys":[');
    put('one.jwks', jwks(3));
    ok($nginx->logged(qr/two\.jwks.*not strict JSON/, 10), 'one of them breaks');
    is(join(' ', map { scalar $nginx->ask(code($_)) } 1, 2, 3),
       '200 200 401 key', 'then the whole set stays as it was');
    put('two.jwks', jwks(4));
    is($nginx->ask_until(200, 10, code(3)), 200, 'until both are whole');

    # in both workers
    sleep 3;
    is(join(' ', map { scalar $nginx->ask(code($_)) } 1, 2, 4),
       '401 key 401 key 200', 'and then all of it is new');
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
}

{
    # a file that is written slowly looks whole in between
    my $pem = sub { join '', map { "-----BEGIN PUBLIC KEY-----\n$_\n"
        . "-----END PUBLIC KEY-----\n" } @_ };
    my $one = 'MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=';
    my $path = $f->write('rotating/slow.pem', $pem->($one), 0644);
    my $nginx = Healthcode::Nginx->new(module => $f->module, workers => 1,
        http => <<"END")->start;
healthcode_issuer slow { iss $iss; algorithms EdDSA; keys $path; }
server { listen unix:{{SOCK}}; location /alive { return 204; }
    location /t { healthcode on; root /; } }
END
    sleep 2.2;
    for my $n (2 .. 6) {
        open my $out, '>>', $path or die $path;
        print $out $pem->($one);
        close $out;
        sleep 0.4;
    }
    is(count($nginx, 'has new keys'), 0,
       'a file that is still being written is left alone');
    ok($nginx->logged(qr/has new keys: 6,/, 10), 'and read when it rests');
    is(count($nginx, 'has new keys'), 1, 'once');
    is($nginx->stop, 0, 'it ends by itself');
}

{
    # a file that never rests
    put('keys.jwks', jwks(1, 2));
    my $nginx = gate("keys $dir/keys.jwks;", workers => 2)->start;
    sleep 1.2;
    my ($start, $seen, %other) = (time, 0);
    for my $n (0 .. 60) {
        put('keys.jwks', jwks(2, 3, 100 + $n));
        for (1 .. 10) {
            my $answer = $nginx->ask(code(2));
            $other{$answer}++ if $answer ne 200;
            $seen ||= time - $start if $nginx->ask(code(3)) eq 200;
            sleep 0.008;
        }
    }
    is(join(' ', %other), '',
       'while keys come and go, a code of one that stays always passes');
    cmp_ok($seen, '>', 0, 'a file that changes all the time is read');
    cmp_ok($seen, '<', 5.5, 'within 5 seconds as well');
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
}

{
    # the same bytes again are not logged
    put('keys.jwks', jwks(1));
    my $nginx = gate("keys $dir/keys.jwks;")->start;
    my $before = status($nginx);
    sleep 1.1;
    put('keys.jwks', jwks(1));
    sleep 3;
    is_deeply(status($nginx), $before,
              'a file that is written again with the same bytes changes nothing');
    is(get($nginx->sock, '/status', [], method => 'POST')->{status}, 405,
       'the status is only for reading');
    put('keys.jwks', jwks(1, 2));
    $nginx->ask_until(200, 10, code(2));
    $nginx->reload;
    is($nginx->ask(code(2)), 200, 'a reload reads the files as they are');
    is(status($nginx)->{loads}, 1, 'and keeps the counters');
    is($nginx->stop, 0, 'it ends by itself');
}


# ---- a folder ----

{
    my $folder = $f->path('folder');
    mkdir $folder;
    my $file = sub { $f->write("folder/$_[0]", $_[1], 0600) };
    $file->('a.jwks', jwks(1));
    $file->('b.json', json(jwk(2)));
    $file->('.hidden.jwks', '{');
    $file->('README', 'not a key');
    $file->('b.json~', '{');
    my $nginx = gate("keys_dir $folder;")->start;
    is(join(' ', map { scalar $nginx->ask(code($_)) } 1, 2, 3),
       '200 200 401 key', 'all key files of a folder are one set');
    $file->('c.jwk', json(jwk(3)));
    is($nginx->ask_until(200, 10, code(3)), 200, 'a file that is added counts');
    unlink "$folder/a.jwks";
    is($nginx->ask_until('401 key', 10, code(1)), '401 key',
       'one that is taken out counts no more');
    is($nginx->ask(code(2)), 200, 'the others do');
    for my $case ([ "d\n2026 [forged] line.pem",
                    'd\\x0a2026 [forged] line.pem', 'with a new line' ],
                  [ "d\xe2\x80\xaemep.pem", 'd\\xe2\\x80\\xaemep.pem',
                    'that turns what follows' ],
                  [ "d\\x0a\x9b.pem", 'd\\x5cx0a\\x9b.pem',
                    'that looks like an escape' ])
    {
        my ($name, $shown, $what) = @$case;
        $file->($name, '');
        ok($nginx->logged(qr/"\Q$folder\E\/\Q$shown\E" of issuer/, 10),
           "a name $what is shown with escapes");
        unlike($nginx->error_log, qr/^.*?\Q$name\E/s, 'and not as it is');
        unlink "$folder/$name";
        sleep 2.2;
    }
    unlink glob "$folder/*.j*";
    ok($nginx->logged(qr/there is no key/, 10), 'an empty folder is logged');
    is($nginx->ask(code(2)), 200, 'and the last set stays');
    is($nginx->stop, 0, 'it ends by itself');
    is(alarming($nginx), '', 'nothing is alarming');
}


# ---- two keys with one kid ----

{
    put('same.jwks', json({ keys => [ jwk(1, kid => 'same'),
        jwk(2, kid => 'same'), do { my $k = jwk(3); delete $k->{kid}; $k } ] }));
    my $nginx = gate("keys $dir/same.jwks;")->start;
    is(join(' ', map { scalar $nginx->ask(code($_, kid => 'same')) } 1, 2, 3, 4),
       '200 200 200 401 signature',
       'of two keys with one kid, and those without one, any will do');
    is(join(' ', map { scalar $nginx->ask(code($_, kid => undef)) } 1, 2, 3, 4),
       '200 200 200 401 signature', 'and a code without kid finds each');
    is(join(' ', map { scalar $nginx->ask(code($_, kid => 'other')) } 1, 2, 3),
       '401 signature 401 signature 200',
       'a code with another kid finds the one without');
    is($nginx->stop, 0, 'it ends by itself');
}

# ---- files that only the master may read ----

SKIP: {
    skip 'only root can be another user', 6 if $> != 0;
    put('closed.jwks', jwks(1));
    chmod 0600, "$dir/closed.jwks";
    my $nginx = gate("keys $dir/closed.jwks;", user => 'nobody ' . getgrgid((getpwnam 'nobody')[3]))->start;
    is($nginx->ask(code(1)), 200, 'keys that only the master may read count');
    ok($nginx->logged(qr/\[warn\].*keys "\S+closed\.jwks" of issuer "rotating"/, 5),
       'but that the workers may not is said at once');
    like($nginx->error_log, qr/let the user of nginx's workers read it/,
         'with what to do');
    sleep 2.5;
    is(count($nginx, '\[error\]'), 0, 'and is no error while nothing changes');
    put('closed.jwks', jwks(2));
    chmod 0644, "$dir/closed.jwks";
    is($nginx->ask_until(200, 10, code(2)), 200,
       'a change counts once they may read it');
    is($nginx->stop, 0, 'it ends by itself');
}

done_testing;
