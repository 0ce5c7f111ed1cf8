# Whether "make nginx-tests" can be believed: a folder of tests, some of which
# the module makes worse, by their own account.  CONTRIBUTING.md, "nginx's own
# tests".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Spec;
use File::Temp ();
use Test::More;

use Healthcode::Process;

my $ROOT = "$FindBin::Bin/..";
my $tmp  = File::Temp->newdir('healthcode-tests-XXXXXXXX', TMPDIR => 1);

my $PLACES = File::Spec->tmpdir . '/healthcode-nt-*';
my %there  = map { $_ => 1 } glob $PLACES;

# What each of these tests begins with.
my $BEGINNING = <<'END';
use strict;
use warnings;
use FindBin;
use Test::More;

my ($main, $http) = map { $_ // '' }
    @ENV{qw(TEST_NGINX_GLOBALS TEST_NGINX_GLOBALS_HTTP)};
my $loaded = $main =~ /^load_module \S+ngx_http_healthcode_module\.so;/m;
my $gated  = $http =~ /healthcode on;/;

# how often it was here before, by $what
sub before {
    my ($what) = @_;
    open my $file, '>>', "$FindBin::Bin/$what" or die "$what: $!";
    my $before = -s $file;
    syswrite $file, '.';
    close $file;
    return $before;
}

END

my %TESTS = (
    'nginx.t' => <<'END',
my $dir = "$ENV{TMPDIR}/nginx-$$";
mkdir $dir;
$http =~ s/%%TESTDIR%%/$dir/g;
open my $conf, '>', "$dir/nginx.conf";
print $conf "${main}pid $dir/pid; events {} http { access_log off;\n",
    (map { "${_}_temp_path $dir/$_;\n" } qw(client_body proxy fastcgi uwsgi scgi)),
    "$http }\n";
close $conf;
my $said = `'$ENV{TEST_NGINX_BINARY}' -t -p $dir -e $dir/error.log -c nginx.conf 2>&1`;
is($?, 0, 'nginx takes it') or diag($said);
isnt($>, 0, 'not root');
END
    'fails.t'    => "ok(0, 'fails, always');\n",
    'skipped.t'  => "plan skip_all => 'never';\n",
    'pending.t'  => "TODO: { local \$TODO = 'some day'; ok(!\$loaded, 'pending') }\n",
    'flaky.t'    => "ok(!\$loaded || before('flaky'), 'the second time');\n",
    'shaky.t'    => "ok(before('shaky') % 2, 'each other time');\n",
    'server.t'   => "ok(\$http !~ /server/, 'no other server');\n",
    'loaded.t'   => "ok(1, 'one'); ok(!\$loaded, 'no module');\n",
    'gated.t'    => "ok(!\$gated, 'no gate');\n",
    'skips.t'    => "plan skip_all => 'a module' if \$loaded; ok(1, 'one');\n",
    'skips1.t'   => "SKIP: { skip 'a module', 1 if \$loaded; ok(1, 'one') }\n",
    'fewer.t'    => "ok(1, 'one'); ok(1, 'two') if !\$loaded;\n",
    'dies.t'     => "ok(1, 'one'); done_testing(); exit 3 if \$loaded;\n",
    'better.t'   => "ok(\$loaded, 'a module');\n",
    'sometimes.t' => "ok(!\$loaded || before('sometimes') % 2, 'each other time');\n",
);


# (exit status, output) of the tool for some of these tests.
my $folders = 0;
sub run {
    my (@names) = @_;
    my $dir = "$tmp/" . ++$folders;
    mkdir $dir or die "$dir: $!\n";
    for my $name (@names) {
        open my $file, '>', "$dir/$name" or die "$name: $!\n";
        print {$file} $BEGINNING, $TESTS{$name};
        print {$file} "done_testing();\n"
            if $TESTS{$name} !~ /done_testing|^plan skip_all => 'never'/;
        close $file or die "$name: $!\n";
    }
    my $process = Healthcode::Process->spawn(
        [ "$ROOT/util/nginx_tests.pl", $dir ]);
    my $status = $process->wait(120) // die "no end\n";
    return ($status >> 8 || $status, $process->output);
}

my ($status, $out) = run(qw(nginx.t fails.t skipped.t pending.t));
is($status, 0, 'nothing is worse: exit 0') or diag($out);
like($out, qr/^$_: 4 files, 1 of them skipped: 3 tests passed, 1 failed, in \d+ s$/m,
     "nothing is worse: $_") for qw(bare loaded gated);
like($out, qr/^bare: failed: fails\.t$/m, 'nothing is worse: what fails anyway');
like($out, qr/^total: 4 files, same\n\z/m, 'nothing is worse: same');

($status, $out) = run(qw(nginx.t flaky.t shaky.t server.t better.t));
is($status, 0, 'once, each way, for the server, or better: exit 0') or diag($out);
like($out, qr/^$_: differed, but not for the module$/m, "$_: is said")
    for 'loaded: flaky.t', 'gated: server.t';
unlike($out, qr/WORSE/, 'what fails each way: is no worse');
like($out, qr/^loaded: better\.t: better: test 1: a module$/m, 'better: is said');
like($out, qr/^total: 5 files, different\n\z/m, 'better: different');

my %worse = ('loaded.t' => 'test 2: no module', 'gated.t' => 'test 1: no gate',
             'skips.t' => 'test 1: one', 'skips1.t' => 'test 1: one',
             'fewer.t' => 'test 2: two', 'dies.t' => 'exit 3');
($status, $out) = run('nginx.t', sort keys %worse);
is($status, 1, 'worse: exit 1') or diag($out);
like($out, qr/^total: 7 files, different\n\z/m, 'worse: different');
for my $with (qw(loaded gated)) {
    my %said = $out =~ /^$with: (\S+): WORSE: (.*)$/mg;
    my %want = %worse;
    delete $want{'gated.t'} if $with eq 'loaded';
    is_deeply(\%said, \%want, "worse: what is, $with");
}

# With the module only: the first time, and one of the two alone.
($status, $out) = run(qw(nginx.t sometimes.t));
is($status, 1, 'what fails sometimes, but never without: exit 1') or diag($out);

($status, $out) = run(qw(skipped.t));
is($status, 255, 'nothing that passes: a failure');
like($out, qr/no test passes without the module either/, 'nothing that passes: said');

($status, $out) = run();
isnt($status, 0, 'an empty folder: a failure');

my $process = Healthcode::Process->spawn([ "$ROOT/util/nginx_tests.pl", '' ]);
isnt($process->wait(20) // 0, 0, 'no folder: a failure');
like($process->output, qr/TESTS=DIR/, 'no folder: said');

is_deeply([ grep { !$there{$_} } glob $PLACES ], [], 'nothing is left');

done_testing();
