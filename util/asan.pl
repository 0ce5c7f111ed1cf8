#!/usr/bin/perl
# make asan: the suites, then the attack, against an nginx that has the module
# in it and was built with AddressSanitizer and UndefinedBehaviorSanitizer.
# Whatever one of them reports is printed, and is a failure.
#
#     util/asan.pl [t/NN-name.t ...] [attack]      all of it by default
#
# CONTRIBUTING.md, "Sanitizers and the attack".

use strict;
use warnings;

use File::Basename qw(basename dirname);
use File::Spec;
use File::Temp ();

my $root = dirname(dirname(File::Spec->rel2abs(__FILE__)));
chdir $root or die "asan: $root: $!\n";

# Suites that say nothing here: no nginx of ours runs in them, or they measure.
my %NOT = (
    '06-outage'     => 'measures times',
    '15-valgrind'   => 'is valgrind',
    '21-cached'     => 'runs the other suites, and valgrind',
    '22-live'       => 'measures times',
    '30-vectors'    => 'has no nginx',
    '40-docs'       => 'loads the module as users do',
    '50-command'    => 'has no nginx',
    '51-algorithms' => 'has no nginx',
    '52-files'      => 'has no nginx',
    '53-rights'     => 'has no nginx',
);

my ($passed, $failed) = (0, 0);


# Workers write there too, whoever they are.
my $reports = File::Temp->newdir('healthcode-asan-XXXXXXXX', TMPDIR => 1);
chmod 01777, $reports;

$ENV{HEALTHCODE_REPORTS} = "$reports";
$ENV{HEALTHCODE_STATIC}  = 1;
$ENV{TEST_NGINX_BINARY}  = "$root/build/asan/nginx";
delete $ENV{ASAN_OPTIONS};    # Test::Nginx would change it

# The runtime is one, and takes these words of both in this order. What nginx
# still has when it ends is no leak; t/15-valgrind.t looks for leaks.
$ENV{LSAN_OPTIONS}  = 'detect_leaks=0';
$ENV{UBSAN_OPTIONS} = join ',', "log_path=$reports/report", 'detect_leaks=0',
    'print_stacktrace=1', "suppressions=$root/t/asan/ubsan.supp";


sub reported {
    my $n = 0;
    for my $name (sort glob "$reports/*") {
        open my $in, '<', $name or die "asan: $name: $!\n";
        my $text = do { local $/; <$in> } // '';
        next if $text !~ /\S/;
        print "---- ", basename($name), "\n$text\n" if ++$n <= 10;
        unlink $name;
    }
    print "---- and ", $n - 10, " more\n" if $n > 10;
    return $n;
}


# Runs a command that ends with a line "... N passed, N failed"; what sanitizers
# say of it counts as failed.
sub run {
    my ($what, @command) = @_;
    open my $out, '-|', @command or die "asan: $command[0]: $!\n";
    my ($good, $bad) = (0, 0);
    while (my $line = <$out>) {
        print $line;
        ($good, $bad) = ($1, $2) if $line =~ /(\d+) passed, (\d+) failed/;
    }
    my $ok = close $out;
    my $found = reported();
    print "asan: $what: ", $found ? "$found REPORTS" : 'no reports', "\n";
    $passed += $good;
    $failed += $bad + $found;
    $failed++ if !$bad && (!$ok || !$good);
}


$| = 1;
my @asked = @ARGV ? @ARGV : (
    (grep { !$NOT{ basename($_, '.t') } } sort glob 't/*.t'), 'attack');
print map { "asan: not $_: it $NOT{$_}\n" } sort keys %NOT if !@ARGV;

my @suites = grep { $_ ne 'attack' } @asked;
run('suites', 'util/test.pl', @suites) if @suites;

if (grep { $_ eq 'attack' } @asked) {
    $ENV{ASAN_OPTIONS} = 'quarantine_size_mb=16,detect_stack_use_after_return=1';
    run('attack', 'util/attack.pl');
}

print "asan: $passed passed, $failed failed\n";
exit($failed || !$passed ? 1 : 0);
